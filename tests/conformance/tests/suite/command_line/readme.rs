//! README's own lines, pasted into a shell beside a server with a demo tenant.

use std::process::Output;
use std::time::Duration;

use bursar_testkit::{Process, binary, plant, within};
use nix::sys::signal::Signal;
use serde_json::Value;
use tokio::process::Command;

const README: &str = include_str!("../../../../../README.md");

/// Its blocks for the shell that make calls, in order.
fn blocks() -> Vec<&'static str> {
    let blocks = README.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    blocks.filter(|block| block.contains("127.0.0.1:50051")).collect()
}

async fn installed(tool: &str) -> bool {
    if Command::new(tool).arg("--version").output().await.is_ok() {
        return true;
    }
    eprintln!("skipped: {tool} is not installed");
    false
}

async fn shell(script: &str) -> Output {
    Command::new("bash").args(["-euo", "pipefail", "-c", script]).output().await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn its_lines_work_when_pasted() {
    if !installed("grpcurl").await {
        return;
    }
    // Not `tempdir`, which only its owner may enter: run by root, PostgreSQL is somebody else.
    let dir = std::env::temp_dir().join(format!("bursar-readme-{}", std::process::id()));
    let mut command = Command::new(binary());
    command.args(["serve", "--demo"]).env_clear().envs(
        ["PATH", "HOME", "USER", "XDG_CACHE_HOME", "BURSAR_PG_BIN"]
            .into_iter()
            .filter_map(|name| Some((name, std::env::var_os(name)?))),
    );
    command
        .env("BURSAR_DATA_DIR", &dir)
        .env("BURSAR_LISTEN", "127.0.0.1:0")
        .env("BURSAR_OPS_LISTEN", "127.0.0.1:0")
        .env("BURSAR_DRAIN_WAIT_SECONDS", "0")
        .env("BURSAR_LOG", "json");
    let server = Process::start(command).await;
    let key_file = dir.join("demo.key");
    within(Duration::from_secs(30), "the demo's key", async || key_file.exists()).await;
    let key = std::fs::read_to_string(&key_file).unwrap().trim().to_owned();
    plant(&key);
    // The accounts come after the key.
    within(Duration::from_secs(30), "the demo's accounts", async || {
        let ask = "{\"account_id\": \"a11ce000-0000-4000-8000-000000000001\"}";
        let call = "bursar.ledger.v1.AccountService/GetBalance";
        let bearer = format!("authorization: Bearer {key}");
        let args = ["-plaintext", "-H", &bearer, "-d", ask, &server.grpc.to_string(), call];
        let told = Command::new("grpcurl").args(args).output().await.unwrap();
        String::from_utf8_lossy(&told.stdout).contains("\"1000\"")
    })
    .await;

    let blocks = blocks();
    assert_eq!(blocks.len(), 2, "the five calls, then health and load");
    // Where this server is, and where its key lies, instead of the usual places.
    let here = |block: &str| {
        let lines = block.lines().filter(|line| !line.starts_with("KEY="));
        let lines: Vec<_> = lines.collect();
        format!("KEY=$(cat {})\n{}", key_file.display(), lines.join("\n"))
            .replace("127.0.0.1:50051", &server.grpc.to_string())
    };
    for replayed in [false, true] {
        let ran = shell(&here(blocks[0])).await;
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        let answers: Vec<Value> = serde_json::Deserializer::from_slice(&ran.stdout)
            .into_iter()
            .collect::<Result<_, _>>()
            .unwrap();
        assert_eq!(answers.len(), 5, "{answers:?}");
        assert_eq!(answers[0]["tenantName"], "Demo");
        assert_eq!(answers[2]["transfer"]["creditBalance"]["posted"], "25");
        assert_eq!(answers[2]["replayed"].as_bool().unwrap_or(false), replayed);
        assert_eq!(answers[3]["balance"]["posted"], "25");
    }

    let mut rest = here(blocks[1]);
    let loads = installed("ghz").await;
    if !loads {
        rest = rest.split("ghz ").next().unwrap().to_owned();
    }
    let ran = shell(&rest).await;
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{said}{}", String::from_utf8_lossy(&ran.stderr));
    assert!(said.contains("\"status\": \"SERVING\""), "{said}");
    if loads {
        assert!(said.contains("[OK]   1000 responses"), "{said}");
    }

    server.signal(Signal::SIGTERM);
    let ended = server.ended(Duration::from_mins(1)).await;
    assert!(ended.status.success(), "{}", ended.log);
    std::fs::remove_dir_all(&dir).unwrap();
}
