//! Facts about the server and the caller.

use bursar_proto::admin::v1::{
    GetServerInfoRequest, GetServerInfoResponse, WhoAmIRequest, WhoAmIResponse,
};
use bursar_testkit::{Caller, Server, fault, ok};
use tonic::Code;

async fn who(caller: &Caller) -> WhoAmIResponse {
    ok(caller.server().who_am_i(WhoAmIRequest {}).await)
}

async fn info(caller: &Caller) -> GetServerInfoResponse {
    ok(caller.server().get_server_info(GetServerInfoRequest {}).await)
}

/// The requests have no field: broken bytes are refused, and fields of a later version are passed over.
async fn only_bytes_can_be_bad(rpc: &str) {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let path = format!("/bursar.admin.v1.ServerService/{rpc}");
    for garbage in [&[0xff_u8][..], &[0x0a, 5, 1], &[0x07]] {
        let refused = fault(tenant.viewer.call_bytes(&path, garbage).await.unwrap_err());
        refused.is(rpc, Code::InvalidArgument, "MALFORMED_REQUEST");
    }
    let unknown_field = [0xf2, 0x3f, 2, b'h', b'i'];
    assert!(!tenant.viewer.call_bytes(&path, &unknown_field).await.unwrap().is_empty());
}

mod who_am_i {
    use bursar_proto::common::v1::Role;

    use super::*;

    #[tokio::test]
    async fn works() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let callers = [
            (&tenant.viewer, Role::Viewer, "Viewer"),
            (&tenant.operator, Role::Operator, "Operator"),
            (&tenant.auditor, Role::Auditor, "Auditor"),
            (&tenant.admin, Role::Admin, "first admin key"),
        ];
        for (caller, role, label) in callers {
            let who = who(caller).await;
            let parsed = bursar_domain::key::ApiKeyText::parse(&caller.key_text, "test").unwrap();
            let want = WhoAmIResponse {
                tenant_id: tenant.id.clone(),
                tenant_name: "test tenant".into(),
                key_id: parsed.id.to_string(),
                label: label.into(),
                role: role.into(),
                institution_id: String::new(),
                expires_at: None,
            };
            assert_eq!(who, want);
        }
        let platform = who(&server.platform).await;
        assert_eq!(platform.tenant_id, "00000000-0000-0000-0000-000000000000");
        assert_eq!((platform.tenant_name.as_str(), platform.role()), ("platform", Role::Platform));
    }

    #[tokio::test]
    async fn other_tenant() {
        let server = Server::start().await;
        let (one, other) = (server.tenant().await, server.tenant().await);
        assert_ne!(one.id, other.id);
        assert_eq!(who(&one.viewer).await.tenant_id, one.id);
        assert_eq!(who(&other.viewer).await.tenant_id, other.id);
    }

    #[tokio::test]
    async fn bad_input() {
        only_bytes_can_be_bad("WhoAmI").await;
    }

    /// The last letter of a secret carries less than its five bits: no other spelling of a key may pass.
    #[tokio::test]
    async fn a_key_has_one_spelling() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let key = tenant.viewer.key_text.clone();
        let live = key.replacen("bsr_test_", "bsr_live_", 1);
        for wrong in [
            key.to_uppercase(),
            live,
            format!("{key}0"),
            key[..key.len() - 1].to_owned(),
            format!("_{key}"),
        ] {
            let refused = fault(
                tenant
                    .viewer
                    .with_key(&wrong)
                    .server()
                    .who_am_i(WhoAmIRequest {})
                    .await
                    .unwrap_err(),
            );
            refused.is("wrong", Code::Unauthenticated, "KEY_INVALID");
            assert!(
                !refused.message.contains(&wrong),
                "the key is not repeated: {}",
                refused.message
            );
        }
        assert_eq!(who(&tenant.viewer).await.tenant_id, tenant.id);
    }
}

mod get_server_info {
    use super::*;

    #[tokio::test]
    async fn works() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let before = jiff::Timestamp::now().as_second();
        let found = info(&tenant.viewer).await;
        assert_eq!(found.version, env!("CARGO_PKG_VERSION"));
        let applied =
            // A packager's addition after the version is no part of it.
            "SELECT max(version)::bigint AS version,
                    split_part(current_setting('server_version'), ' ', 1) AS postgres
             FROM migration.applied WHERE success";
        let row = &server.database.rows(applied).await[0];
        assert_eq!(found.schema_version, row.get::<_, i64>("version"));
        assert_eq!(found.postgres_version, row.get::<_, String>("postgres"));
        assert_eq!(
            (found.store_backend.as_str(), found.environment.as_str()),
            ("postgres", "test")
        );
        assert!((before..before + 5).contains(&found.now.unwrap().seconds));
        assert_eq!((found.max_batch_items, found.max_page_size), (8_190, 1_000));
        assert_eq!((found.max_message_bytes, found.request_id_days), (4 * 1024 * 1024, 30));
    }

    #[tokio::test]
    async fn other_tenant() {
        let server = Server::start().await;
        let (one, other) = (server.tenant().await, server.tenant().await);
        let plain = |info: GetServerInfoResponse| GetServerInfoResponse { now: None, ..info };
        let mine = plain(info(&one.viewer).await);
        assert_eq!(mine, plain(info(&other.admin).await), "nothing in it is a tenant's");
        assert_eq!(mine, plain(info(&server.platform).await));
    }

    #[tokio::test]
    async fn bad_input() {
        only_bytes_can_be_bad("GetServerInfo").await;
    }

    #[tokio::test]
    async fn says_what_was_configured() {
        let server = Server::start_with(&[("BURSAR_REQUEST_ID_DAYS", "7")]).await;
        assert_eq!(info(&server.platform).await.request_id_days, 7);
    }
}
