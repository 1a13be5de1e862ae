//! The database is down when the server starts.

use std::time::{Duration, Instant};

use bursar_proto::admin::v1::GetServerInfoRequest;
use bursar_proto::ledger::v1::{BalanceRule, GetBalanceRequest};
use bursar_proto::operation::v1::GetOperationRequest;
use bursar_store::{Store, StoreConfig};
use bursar_testkit::{Database, Fault, Proxy, fault, id, new_account};
use secrecy::ExposeSecret as _;
use tonic::{Code, Status};

use crate::outage::server_with;
use crate::watch::{page, serving, until};

const FAST: Duration = Duration::from_millis(300);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_says_so_refuses_fast_and_recovers() {
    let (server, proxy) = server_with(&[], Proxy::cut).await;
    let ops = server.running.as_ref().unwrap().ops_addr;
    let caller = &server.platform;
    assert!(!serving(caller).await);
    assert_eq!(page(ops, "/readyz").await, (503, "the database does not answer".to_owned()));
    assert_eq!(page(ops, "/livez").await.0, 200);

    for _ in 0..10 {
        let since = Instant::now();
        let read = caller.server().get_server_info(GetServerInfoRequest::default()).await;
        let balance = GetBalanceRequest { account_id: id(), as_of: None };
        let balance = caller.accounts().get_balance(balance).await;
        let operation = GetOperationRequest { id: id(), fence: true };
        let operation = caller.operations().get_operation(operation).await;
        for refused in [read.err(), balance.err(), operation.err()] {
            database_unavailable(&fault(refused.expect("refused")));
        }
        assert!(since.elapsed() < FAST, "three calls took {:?}", since.elapsed());
    }
    // A key that no server has seen is refused alike: nothing is known about it.
    let stranger = caller.with_key(&format!("{}x", caller.key_text));
    let refused = stranger.server().get_server_info(GetServerInfoRequest::default()).await;
    assert_eq!(
        code(refused),
        Code::Unauthenticated,
        "a malformed key needs no database to be refused"
    );
    assert!(!serving(caller).await);

    proxy.mend();
    until("serving after the database came", Duration::from_secs(3), async || {
        serving(caller).await
    })
    .await;
    until("ready", Duration::from_millis(200), async || page(ops, "/readyz").await.0 == 200).await;
    let tenant = server.tenant().await;
    new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
}

fn code<T>(reply: Result<T, Status>) -> Code {
    reply.err().expect("refused").code()
}

fn database_unavailable(fault: &Fault) {
    assert_eq!(
        (fault.code, fault.reason.as_str()),
        (Code::Unavailable, "DATABASE_UNAVAILABLE"),
        "{fault:?}"
    );
    assert_eq!(fault.meta("definite"), "true");
    assert_eq!(fault.retry_delay, Some(Duration::from_millis(500)));
    assert_eq!(fault.message, "the database cannot be reached; try again");
}

/// What waiting does not mend ends the start, with the reason and without the password.
#[tokio::test]
async fn a_refused_login_is_told_at_once() {
    let database = Database::migrated().await;
    let url = database.app_url.expose_secret();
    let (head, tail) = url.split_once('@').unwrap();
    let (login, secret) = head.rsplit_once(':').unwrap();
    let base = tail.rsplit_once('/').unwrap().0;
    for (url, says) in [
        (format!("{login}:not-{secret}@{tail}"), "PostgreSQL refused the login"),
        (
            format!("{head}@{base}/absent"),
            "the database that the database URL names does not exist",
        ),
        (
            database.admin_url.expose_secret().to_owned(),
            "which is a superuser or bypasses row-level security",
        ),
    ] {
        let since = Instant::now();
        let config = StoreConfig {
            url: url.into(),
            max_connections: 2,
            request_id_days: 30,
            schema_version: 0,
        };
        let refused = Store::open(config).await.err().expect("refused");
        assert!(refused.0.contains(says), "{refused}");
        assert!(!refused.0.contains(secret), "{refused}");
        assert!(since.elapsed() < Duration::from_secs(1), "after {:?}", since.elapsed());
    }
}
