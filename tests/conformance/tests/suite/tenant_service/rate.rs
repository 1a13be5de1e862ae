//! The limit of calls a second.

use std::time::{Duration, Instant};

use bursar_proto::admin::v1::{
    CreateTenantRequest, ListTenantsRequest, Tenant, TenantLimits, UpdateTenantRequest,
    WhoAmIRequest,
};
use bursar_testkit::{A_SECOND, Caller, Fault, Server, fault, id, ok, within};
use prost_types::FieldMask;
use tonic::Code;

async fn limited(server: &Server, requests_per_second: i32) -> (String, Caller) {
    let limits = Some(TenantLimits { max_api_keys: 0, requests_per_second });
    let request = CreateTenantRequest {
        request_id: id(),
        name: "limited".into(),
        limits,
        ..Default::default()
    };
    let made = ok(server.platform.tenants().create_tenant(request).await);
    (made.tenant.unwrap().id, server.platform.with_key(&made.key))
}

async fn change(server: &Server, tenant: &str, requests_per_second: i32) {
    let limits = Some(TenantLimits { max_api_keys: 0, requests_per_second });
    let request = UpdateTenantRequest {
        request_id: id(),
        tenant: Some(Tenant { id: tenant.into(), limits, ..Default::default() }),
        update_mask: Some(FieldMask { paths: vec!["limits.requests_per_second".into()] }),
        validate_only: false,
    };
    ok(server.platform.tenants().update_tenant(request).await);
}

/// What became of calls that were made at once.
struct Burst {
    made: usize,
    refused: Vec<Fault>,
    took: Duration,
}

impl Burst {
    fn let_in(&self) -> usize {
        self.made - self.refused.len()
    }

    /// Whether no more were let in than the limit gives: a burst of one second's share, and what flowed in meanwhile.
    fn was_held_to(&self, per_second: u32) -> bool {
        let most = f64::from(per_second) * (1.0 + self.took.as_secs_f64());
        !self.refused.is_empty() && f64::from(u32::try_from(self.let_in()).unwrap()) <= most + 1.0
    }
}

async fn burst(caller: &Caller, made: usize) -> Burst {
    let start = Instant::now();
    let mut set = tokio::task::JoinSet::new();
    for _ in 0..made {
        let caller = caller.clone();
        set.spawn(async move { caller.server().who_am_i(WhoAmIRequest {}).await.map_err(fault) });
    }
    let refused = set.join_all().await.into_iter().filter_map(Result::err).collect();
    Burst { made, refused, took: start.elapsed() }
}

#[tokio::test]
async fn calls_above_the_limit_are_told_when_to_come_again() {
    let server = Server::start().await;
    let (_, caller) = limited(&server, 5).await;
    let (_, neighbour) = limited(&server, 5).await;
    let free = server.tenant().await;
    let first = burst(&caller, 60).await;
    assert!(first.let_in() >= 5 && first.was_held_to(5), "{} of 60 let in", first.let_in());
    for fault in &first.refused {
        fault.is("above the limit", Code::ResourceExhausted, "RATE_LIMITED");
        let wait = fault.retry_delay.expect("RetryInfo");
        assert!(
            !wait.is_zero() && wait <= Duration::from_millis(200),
            "a fifth of a second: {wait:?}"
        );
    }
    assert_eq!(burst(&neighbour, 5).await.let_in(), 5, "each tenant has its own share");
    assert_eq!(burst(&free.viewer, 100).await.let_in(), 100, "0 is no limit");
    assert_eq!(burst(&server.platform, 100).await.let_in(), 100);
    let told = burst(&caller, 60).await.refused.pop().unwrap();
    tokio::time::sleep(told.retry_delay.unwrap()).await;
    assert_eq!(burst(&caller, 1).await.let_in(), 1, "let in after the wait that was told");
}

#[tokio::test]
async fn a_changed_limit_takes_effect_within_a_second() {
    let server = Server::start().await;
    let (tenant, caller) = limited(&server, 2).await;
    assert!(burst(&caller, 30).await.was_held_to(2));
    change(&server, &tenant, 0).await;
    within(A_SECOND, "no limit", async || burst(&caller, 30).await.let_in() == 30).await;
    change(&server, &tenant, 3).await;
    within(A_SECOND, "a limit", async || burst(&caller, 30).await.was_held_to(3)).await;
    change(&server, &tenant, 1_000).await;
    within(A_SECOND, "a wider limit", async || burst(&caller, 30).await.let_in() == 30).await;
}

/// Strangers, and calls that a key may not make, take nothing of a tenant's share.
#[tokio::test]
async fn only_calls_that_are_let_in_count() {
    let server = Server::start().await;
    let (_, caller) = limited(&server, 10).await;
    for _ in 0..30 {
        let refused = caller.tenants().list_tenants(ListTenantsRequest::default()).await;
        assert_eq!(fault(refused.unwrap_err()).reason, "PERMISSION_MISSING");
        let refused = caller.with_key("").server().who_am_i(WhoAmIRequest {}).await;
        assert_eq!(fault(refused.unwrap_err()).reason, "KEY_MISSING");
    }
    assert_eq!(burst(&caller, 10).await.let_in(), 10);
}
