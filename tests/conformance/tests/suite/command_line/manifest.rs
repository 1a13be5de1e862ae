//! Keys as Kubernetes Secrets: what comes out is a manifest that holds a key which works, and the key stands nowhere
//! else.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use bursar_proto::admin::v1::{ListTenantsRequest, WhoAmIRequest, WhoAmIResponse};
use bursar_testkit::{Server, ok};
use serde_json::Value;

use super::{Ran, program, run};

async fn bursar(server: &Server, key: &str, args: &[&str]) -> Ran {
    let mut command = program(Some(server), key);
    command.args(args);
    run(command).await
}

/// Who the key in a manifest is, by asking the server with it.
async fn who(server: &Server, manifest: &Value) -> WhoAmIResponse {
    let key = manifest["stringData"]["BURSAR_API_KEY"].as_str().unwrap();
    ok(server.platform.with_key(key).server().who_am_i(WhoAmIRequest {}).await)
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

async fn tenants(server: &Server) -> usize {
    ok(server.platform.tenants().list_tenants(ListTenantsRequest::default()).await).tenants.len()
}

#[tokio::test]
async fn a_tenants_first_key_to_stdout() {
    let server = Server::start().await;
    let args = ["tenant", "create", "Example Ltd.", "--namespace", "payments", "--manifest"];
    let ran = bursar(&server, &server.platform.key_text, &args).await;
    let manifest = ran.json(0);
    let who = who(&server, &manifest).await;
    assert_eq!(who.tenant_name, "Example Ltd.");
    let key = manifest["stringData"]["BURSAR_API_KEY"].as_str().unwrap();
    let want = serde_json::json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": "bursar-example-ltd",
            "namespace": "payments",
            "labels": {"app.kubernetes.io/part-of": "bursar"},
            "annotations": {"bursar.dev/tenant-id": who.tenant_id, "bursar.dev/key-id": who.key_id},
        },
        "type": "Opaque",
        "stringData": {
            "BURSAR_API_KEY": key,
            "BURSAR_URL": format!("http://127.0.0.1:{}", server.port()),
        },
    });
    assert_eq!(manifest, want);
    assert!(!ran.err().contains(key));
}

#[tokio::test]
async fn to_a_file_of_its_owners_that_is_not_overwritten() {
    let server = Server::start().await;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("secret.json");
    let create = |more: &[&str]| {
        let mut args = vec!["tenant", "create", "One", "--manifest", file.to_str().unwrap()];
        args.extend(["--manifest-name", "one.key", "--manifest-url", "https://bursar.pay:443"]);
        args.extend(more);
        args.into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let call = async |more: &[&str]| {
        let args = create(more);
        let args: Vec<_> = args.iter().map(String::as_str).collect();
        bursar(&server, &server.platform.key_text, &args).await
    };
    let shown = call(&["--output", "json"]).await.json(0);
    let manifest = read(&file);
    assert_eq!(shown["manifest"].as_str(), file.to_str());
    assert!(shown.get("key").is_none(), "{shown}");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(manifest["metadata"]["name"], "one.key");
    assert_eq!(manifest["stringData"]["BURSAR_URL"], "https://bursar.pay:443");
    assert_eq!(who(&server, &manifest).await.tenant_id, shown["id"].as_str().unwrap());

    // Refused before there is a second tenant whose key would be lost.
    let before = tenants(&server).await;
    let ran = call(&[]).await;
    assert_eq!(ran.code(), 2, "{}", ran.err());
    assert!(ran.err().contains("--force"), "{}", ran.err());
    assert_eq!((read(&file), tenants(&server).await), (manifest.clone(), before));
    assert_eq!(call(&["--force"]).await.code(), 0);
    assert_ne!(
        read(&file)["stringData"]["BURSAR_API_KEY"],
        manifest["stringData"]["BURSAR_API_KEY"]
    );
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);

    let nowhere = dir.path().join("no/such/secret.json");
    let args = ["tenant", "create", "Two", "--manifest", nowhere.to_str().unwrap()];
    let ran = bursar(&server, &server.platform.key_text, &args).await;
    assert_eq!(ran.code(), 2, "{}", ran.err());
    assert_eq!(tenants(&server).await, before + 1);
}

#[tokio::test]
async fn keys_made_and_rotated() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let admin = &tenant.admin.key_text;
    let label = "payment service";
    let args = ["key", "create", "--role", "operator", "--label", label, "--manifest", "-"];
    let made = bursar(&server, admin, &args).await.json(0);
    assert_eq!(made["metadata"]["name"], "bursar-payment-service");
    assert_eq!(made["metadata"]["annotations"]["bursar.dev/tenant-id"], tenant.id.as_str());
    let first = who(&server, &made).await;
    assert_eq!((first.label.as_str(), first.tenant_id.as_str()), (label, tenant.id.as_str()));

    let args = ["key", "rotate", &first.key_id, "--manifest"];
    let next = bursar(&server, admin, &args).await.json(0);
    let second = who(&server, &next).await;
    assert_ne!(second.key_id, first.key_id);
    assert_eq!(next["metadata"]["annotations"]["bursar.dev/key-id"], second.key_id.as_str());

    // A replay has no key to write, and says what to do.
    let id = bursar_testkit::id();
    let args =
        ["key", "create", "--role", "viewer", "--label", "x", "--request-id", &id, "--manifest"];
    assert_eq!(bursar(&server, admin, &args).await.code(), 0);
    let ran = bursar(&server, admin, &args).await;
    assert_eq!((ran.code(), ran.out().as_str()), (1, ""), "{}", ran.err());
    assert!(ran.err().contains("bursar key rotate"), "{}", ran.err());

    for wrong in [
        &["key", "rotate", &id, "--manifest", "-", "--key-file", "x"][..],
        &["key", "rotate", &id, "--manifest", "-", "--namespace", "Not_One"],
        &["key", "rotate", &id, "--namespace", "one"],
        &["key", "rotate", &id, "--manifest", "-", "--manifest-url", "ftp://x"],
    ] {
        assert_eq!(bursar(&server, admin, wrong).await.code(), 2, "{wrong:?}");
    }
}

/// A key that was made and cannot be put where it was wanted is not lost, and the exit code says so.
#[tokio::test]
async fn a_key_file_that_cannot_be_written() {
    let server = Server::start().await;
    let dir = tempfile::tempdir().unwrap();
    let taken = dir.path().join("taken");
    std::fs::create_dir(&taken).unwrap();
    let args = ["tenant", "create", "X", "--output", "json", "--key-file", taken.to_str().unwrap()];
    let ran = bursar(&server, &server.platform.key_text, &args).await;
    let shown = ran.json(1);
    let caller = server.platform.with_key(shown["key"].as_str().unwrap());
    assert_eq!(ok(caller.server().who_am_i(WhoAmIRequest {}).await).tenant_name, "X");
    assert!(ran.error(1)["message"].as_str().unwrap().contains("printed instead"));
}
