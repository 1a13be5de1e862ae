//! Policies and their history.

use bursar_proto::common::v1::Money;
use bursar_proto::escrow::v1::{
    GetInstitutionPolicyRequest, InstitutionPolicy, InstitutionPolicyChange,
    InstitutionPolicyFilter, ListInstitutionPoliciesRequest, ListInstitutionPolicyChangesRequest,
    PolicyRules, PositionState, SetInstitutionPolicyRequest, SetInstitutionPolicyResponse,
};
use bursar_testkit::{Caller, Server, assert_hidden, event, id, institution, invalid, ok, refused};
use tonic::{Code, Status};

fn set(institution: &str, region: &str, rules: PolicyRules) -> SetInstitutionPolicyRequest {
    SetInstitutionPolicyRequest {
        request_id: id(),
        institution_id: institution.into(),
        region: region.into(),
        rules: Some(rules),
        ..Default::default()
    }
}

async fn put(admin: &Caller, request: SetInstitutionPolicyRequest) -> InstitutionPolicy {
    ok(admin.policies().set_institution_policy(request).await).policy.unwrap()
}

async fn get(
    caller: &Caller,
    institution: &str,
    region: &str,
) -> Result<InstitutionPolicy, Status> {
    let request =
        GetInstitutionPolicyRequest { institution_id: institution.into(), region: region.into() };
    Ok(caller.policies().get_institution_policy(request).await?.into_inner().policy.unwrap())
}

async fn changes(
    caller: &Caller,
    institution: &str,
    region: &str,
    page_size: i32,
) -> Result<Vec<InstitutionPolicyChange>, Status> {
    let mut request = ListInstitutionPolicyChangesRequest {
        institution_id: institution.into(),
        region: region.into(),
        page_size,
        page_token: String::new(),
    };
    let mut found = Vec::new();
    loop {
        let page = caller.policies().list_institution_policy_changes(request.clone()).await?;
        let page = page.into_inner();
        found.extend(page.changes);
        if page.next_page_token.is_empty() {
            return Ok(found);
        }
        request.page_token = page.next_page_token;
    }
}

async fn all(
    caller: &Caller,
    filter: InstitutionPolicyFilter,
    page_size: i32,
) -> Vec<InstitutionPolicy> {
    let filter = Some(filter);
    let mut request =
        ListInstitutionPoliciesRequest { filter, page_size, page_token: String::new() };
    let mut found = Vec::new();
    loop {
        let page = ok(caller.policies().list_institution_policies(request.clone()).await);
        found.extend(page.policies);
        if page.next_page_token.is_empty() {
            return found;
        }
        request.page_token = page.next_page_token;
    }
}

fn money(asset: &str, amount: &str) -> Money {
    Money { asset: asset.into(), amount: amount.into() }
}

/// Rules with everything, in another order than they come back in.
fn strict() -> PolicyRules {
    PolicyRules {
        allowed_states: vec![PositionState::Funded.into(), PositionState::Proposed.into()],
        minimum_amounts: vec![money("USD", "100"), money("EUR", "10.50")],
        required_metadata: vec!["kyc".into(), "deed".into()],
        four_eyes: true,
    }
}

/// The same as they come back.
fn kept() -> PolicyRules {
    PolicyRules {
        allowed_states: vec![PositionState::Proposed.into(), PositionState::Funded.into()],
        minimum_amounts: vec![money("EUR", "10.5"), money("USD", "100")],
        required_metadata: vec!["deed".into(), "kyc".into()],
        four_eyes: true,
    }
}

mod set_institution_policy {
    use super::*;

    #[tokio::test]
    async fn works() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let policies = || tenant.admin.policies();
        let bank = institution(&tenant.admin, "bank").await.id;
        let request = set(&bank, "eu", strict());
        let tried = SetInstitutionPolicyRequest { validate_only: true, ..request.clone() };
        assert_eq!(put(&tenant.admin, tried).await.rules, Some(kept()));
        refused(get(&tenant.viewer, &bank, "eu").await, Code::NotFound, "RESOURCE_NOT_FOUND");

        let first = ok(policies().set_institution_policy(request.clone()).await);
        let made = first.policy.clone().unwrap();
        assert_eq!(
            (&made.institution_id, made.region.as_str(), &made.rules),
            (&bank, "eu", &Some(kept()))
        );
        assert_eq!(get(&tenant.viewer, &bank, "eu").await.unwrap(), made);
        let again = ok(policies().set_institution_policy(request.clone()).await);
        assert_eq!(again, SetInstitutionPolicyResponse { replayed: true, ..first });
        let resource = format!("{bank}/eu");
        let resource = ("institution_policy", resource.as_str());
        event(&tenant, resource, "institution_policy.set", &request.request_id).await;

        // As a whole: what is not given is demanded no more. An etag guards what was read.
        let next = set(&bank, "eu", PolicyRules::default());
        let next = SetInstitutionPolicyRequest { etag: made.etag.clone(), ..next };
        let after = put(&tenant.admin, next.clone()).await;
        assert_eq!(
            (after.rules, after.created_at),
            (Some(PolicyRules::default()), made.created_at)
        );
        assert_ne!(after.etag, made.etag);
        let old = SetInstitutionPolicyRequest { request_id: id(), ..next };
        let fault =
            refused(policies().set_institution_policy(old).await, Code::Aborted, "ETAG_MISMATCH");
        assert_eq!(fault.meta("current_etag"), after.etag);
        // Another region is another policy.
        let other = SetInstitutionPolicyRequest { etag: "1".into(), ..set(&bank, "us", strict()) };
        let outcome = policies().set_institution_policy(other).await;
        refused(outcome, Code::NotFound, "RESOURCE_NOT_FOUND");
        assert_eq!(changes(&tenant.viewer, &bank, "eu", 10).await.unwrap().len(), 2);
    }

    /// Every setting is in the history, and each begins where the one before ended.
    #[tokio::test]
    async fn many_at_once_are_one_history() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let bank = institution(&tenant.admin, "bank").await.id;
        let calls = (1..=8).map(|n| {
            let (admin, bank) = (tenant.admin.clone(), bank.clone());
            let minimum_amounts = vec![money("EUR", &n.to_string())];
            let rules = PolicyRules { minimum_amounts, ..Default::default() };
            tokio::spawn(async move { put(&admin, set(&bank, "eu", rules)).await })
        });
        for call in calls.collect::<Vec<_>>() {
            call.await.unwrap();
        }
        let history = changes(&tenant.viewer, &bank, "eu", 3).await.unwrap();
        assert_eq!(history.len(), 8);
        for two in history.windows(2) {
            assert_eq!(two[0].before, two[1].after);
        }
        assert_eq!(history[7].before, None);
        assert_eq!(get(&tenant.viewer, &bank, "eu").await.unwrap().rules, history[0].after);
    }

    #[tokio::test]
    async fn other_tenant() {
        let server = Server::start().await;
        let (ours, theirs) = (server.tenant().await, server.tenant().await);
        let (foreign, absent) = (institution(&theirs.admin, "bank").await.id, id());
        put(&theirs.admin, set(&foreign, "eu", strict())).await;
        let ask = async |id: &str| {
            ours.admin
                .policies()
                .set_institution_policy(set(id, "eu", PolicyRules::default()))
                .await
        };
        let fault = assert_hidden((ask(&foreign).await, &foreign), (ask(&absent).await, &absent));
        assert_eq!(fault.fields, ["institution_id"]);
        assert_eq!(get(&theirs.viewer, &foreign, "eu").await.unwrap().rules, Some(kept()));
    }

    #[tokio::test]
    async fn bad_input() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let bank = institution(&tenant.admin, "bank").await.id;
        let with = |rules| set(&bank, "eu", rules);
        let minimums =
            |minimum_amounts| with(PolicyRules { minimum_amounts, ..Default::default() });
        let cases: Vec<(SetInstitutionPolicyRequest, &[&str])> = vec![
            (set(&id(), "eu", strict()), &["institution_id"]),
            (set(&bank, "", strict()), &["region"]),
            (minimums(vec![money("EUR", "1"), money("NONE", "1")]), &["rules.minimum_amounts[1]"]),
            (minimums(vec![money("EUR", "0.001")]), &["rules.minimum_amounts[0]"]),
            (
                minimums(vec![money("EUR", "0"), money("EUR", "-1"), money("eur", "x")]),
                &[
                    "rules.minimum_amounts[0].amount",
                    "rules.minimum_amounts[1].amount",
                    "rules.minimum_amounts[1].asset",
                    "rules.minimum_amounts[2].asset",
                    "rules.minimum_amounts[2].amount",
                ],
            ),
            (minimums(vec![money("EUR", "1"); 101]), &["rules.minimum_amounts"]),
            (
                with(PolicyRules {
                    allowed_states: vec![0, 9, 1, 1],
                    required_metadata: vec![String::new(), "a".into(), "a".into(), "x".repeat(101)],
                    ..Default::default()
                }),
                &[
                    "rules.allowed_states[0]",
                    "rules.allowed_states[1]",
                    "rules.allowed_states[3]",
                    "rules.required_metadata[0]",
                    "rules.required_metadata[2]",
                    "rules.required_metadata[3]",
                ],
            ),
            (
                SetInstitutionPolicyRequest {
                    etag: "x".into(),
                    region: "?".into(),
                    ..Default::default()
                },
                &["request_id", "institution_id", "region", "rules", "etag"],
            ),
        ];
        for (request, fields) in cases {
            invalid(tenant.admin.policies().set_institution_policy(request).await, fields);
        }
        assert_eq!(all(&tenant.viewer, InstitutionPolicyFilter::default(), 10).await, []);
    }
}

mod get_institution_policy {
    use super::*;

    #[tokio::test]
    async fn works() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let bank = institution(&tenant.admin, "bank").await.id;
        let made = put(&tenant.admin, set(&bank, "eu", strict())).await;
        for caller in [&tenant.viewer, &tenant.operator, &tenant.admin, &tenant.auditor] {
            assert_eq!(get(caller, &bank, "eu").await.unwrap(), made);
        }
        refused(get(&tenant.viewer, &bank, "us").await, Code::NotFound, "RESOURCE_NOT_FOUND");
    }

    #[tokio::test]
    async fn other_tenant() {
        let server = Server::start().await;
        let (ours, theirs) = (server.tenant().await, server.tenant().await);
        let (foreign, absent) = (institution(&theirs.admin, "bank").await.id, id());
        put(&theirs.admin, set(&foreign, "eu", strict())).await;
        assert_hidden(
            (get(&ours.viewer, &foreign, "eu").await, &foreign),
            (get(&ours.viewer, &absent, "eu").await, &absent),
        );
    }

    #[tokio::test]
    async fn bad_input() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        invalid(get(&tenant.viewer, "x", "").await, &["institution_id", "region"]);
        invalid(get(&tenant.viewer, &id(), "a b").await, &["region"]);
    }
}

mod list_institution_policies {
    use super::*;

    /// Policies of three institutions in three regions, as they are listed.
    async fn some(admin: &Caller) -> (Vec<String>, Vec<InstitutionPolicy>) {
        let (mut banks, mut made) = (Vec::new(), Vec::new());
        for code in ["one", "two", "three"] {
            let bank = institution(admin, code).await.id;
            for region in ["eu", "us", "za"] {
                made.push(put(admin, set(&bank, region, strict())).await);
            }
            banks.push(bank);
        }
        made.sort_by(|a, b| (&a.institution_id, &a.region).cmp(&(&b.institution_id, &b.region)));
        (banks, made)
    }

    #[tokio::test]
    async fn works() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let (banks, made) = some(&tenant.admin).await;
        for size in [1, 2, 4, 9, 1_000] {
            let nobody = id();
            for institution in ["", &banks[1], &nobody] {
                for region in ["", "us", "mars"] {
                    let filter = InstitutionPolicyFilter {
                        institution_id: institution.into(),
                        region: region.into(),
                    };
                    let fits = |p: &&InstitutionPolicy| {
                        (institution.is_empty() || p.institution_id == institution)
                            && (region.is_empty() || p.region == region)
                    };
                    let wanted: Vec<_> = made.iter().filter(fits).cloned().collect();
                    assert_eq!(
                        all(&tenant.viewer, filter.clone(), size).await,
                        wanted,
                        "{filter:?}"
                    );
                }
            }
        }
    }

    #[tokio::test]
    async fn other_tenant() {
        let server = Server::start().await;
        let (ours, theirs) = (server.tenant().await, server.tenant().await);
        let (banks, _) = some(&theirs.admin).await;
        for filter in [
            InstitutionPolicyFilter::default(),
            InstitutionPolicyFilter { institution_id: banks[0].clone(), ..Default::default() },
            InstitutionPolicyFilter { region: "eu".into(), ..Default::default() },
        ] {
            assert_eq!(all(&ours.viewer, filter.clone(), 10).await, []);
            assert_ne!(all(&theirs.viewer, filter, 10).await, []);
        }
    }

    #[tokio::test]
    async fn bad_input() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let filter =
            Some(InstitutionPolicyFilter { institution_id: "x".into(), region: "?".into() });
        let request =
            ListInstitutionPoliciesRequest { filter, page_size: -1, ..Default::default() };
        let outcome = tenant.viewer.policies().list_institution_policies(request).await;
        invalid(outcome, &["filter.institution_id", "filter.region", "page_size"]);
    }
}

mod list_institution_policy_changes {
    use super::*;

    #[tokio::test]
    async fn works() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let bank = institution(&tenant.admin, "bank").await.id;
        let first = put(&tenant.admin, set(&bank, "eu", strict())).await;
        let second = put(&tenant.admin, set(&bank, "eu", PolicyRules::default())).await;
        put(&tenant.admin, set(&bank, "us", strict())).await;
        let who = tenant.admin.server().who_am_i(bursar_proto::admin::v1::WhoAmIRequest {}).await;
        let key_id = ok(who).key_id;
        let wanted = [
            InstitutionPolicyChange {
                etag: second.etag,
                before: Some(kept()),
                after: Some(PolicyRules::default()),
                key_id: key_id.clone(),
                changed_at: second.updated_at,
            },
            InstitutionPolicyChange {
                etag: first.etag,
                before: None,
                after: Some(kept()),
                key_id,
                changed_at: first.created_at,
            },
        ];
        for size in [1, 2, 10] {
            assert_eq!(changes(&tenant.auditor, &bank, "eu", size).await.unwrap(), wanted);
        }
        refused(
            changes(&tenant.viewer, &bank, "za", 1).await,
            Code::NotFound,
            "RESOURCE_NOT_FOUND",
        );
        // Not even the owner of the tables can rewrite it.
        let rewrite = "UPDATE bursar.escrow_policy_change SET after = '{}'";
        let (code, _) = server.database.refusal("bursar_owner", None, rewrite).await.unwrap();
        assert_eq!(code, "42501");
    }

    #[tokio::test]
    async fn other_tenant() {
        let server = Server::start().await;
        let (ours, theirs) = (server.tenant().await, server.tenant().await);
        let (foreign, absent) = (institution(&theirs.admin, "bank").await.id, id());
        put(&theirs.admin, set(&foreign, "eu", strict())).await;
        assert_hidden(
            (changes(&ours.viewer, &foreign, "eu", 9).await, &foreign),
            (changes(&ours.viewer, &absent, "eu", 9).await, &absent),
        );
    }

    #[tokio::test]
    async fn bad_input() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let outcome = changes(&tenant.viewer, "x", "", -1).await;
        invalid(outcome, &["institution_id", "region", "page_size"]);
    }
}
