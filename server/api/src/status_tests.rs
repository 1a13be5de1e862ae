use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bursar_domain::Refusal;
use bursar_domain::error::RateLimit;
use bursar_domain::ids::{AccountId, ExecutionId, GroupId, PositionId, StrategyId, TransferId};
use bursar_domain::money::{AssetCode, Decimal};
use bursar_domain::role::Role;
use prost_reflect::DescriptorPool;

use super::*;

const FAR: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

fn trace() -> Uuid {
    Uuid::parse_str(FAR).unwrap()
}

fn refusals() -> Vec<Refusal> {
    let (account, pending, transfer) =
        (AccountId::generate(), TransferId::generate(), TransferId::generate());
    let asset = |code| AssetCode::parse(code).unwrap();
    vec![
        Refusal::AssetMismatch { account, expected: asset("EUR"), asset: asset("USD") },
        Refusal::LimitExceeded { account, available: Decimal::ZERO },
        Refusal::AccountClosed { account },
        Refusal::AccountReserved { account },
        Refusal::AccountNotEmpty { account },
        Refusal::HoldNotOpen { pending, state: "voided" },
        Refusal::HoldExceeded { pending, remaining: Decimal::ZERO },
        Refusal::AlreadyReversed { transfer, reversal: transfer },
        Refusal::NotReversible { transfer, kind: "void" },
        Refusal::TotalOverflow { account },
        Refusal::GroupExists { group: GroupId::generate() },
        Refusal::GroupIncomplete {
            group: GroupId::generate(),
            missing: vec![pending; 20],
            foreign: vec![],
        },
        Refusal::StateNotAllowed { resource: "tenant", state: "deleted" },
        Refusal::PeriodClosed {
            ends_on: jiff::civil::date(2026, 2, 28),
            value_date: jiff::civil::date(2026, 2, 1),
        },
        Refusal::PeriodAlreadyClosed { ends_on: jiff::civil::date(2026, 2, 28) },
        Refusal::TenantNotEmpty { open_accounts: 3 },
        Refusal::TransitionNotAllowed { state: "FUNDED", to: "PROPOSED", allowed: vec!["LOCKED"] },
        Refusal::PolicyNotMet { rule: "minimum_amounts", wanted: "10 EUR".into() },
        Refusal::FourEyes { position: PositionId::generate() },
        Refusal::HoldingExceeded { position: PositionId::generate(), held: Decimal::ZERO },
        Refusal::PositionChanged { position: PositionId::generate(), state: "LOCKED", revision: 3 },
        Refusal::ExecutionDiffers {
            execution: ExecutionId::nil(),
            fields: vec!["price", "quantity"],
        },
        Refusal::StrategyDisabled { strategy: StrategyId::nil() },
    ]
}

// One row a variant: a table is as long as what it lists.
#[allow(clippy::too_many_lines)]
/// Every error with its code, reason, whether it is definite, and the metadata it must have beside that.
fn table() -> Vec<(Error, Code, &'static str, bool, Vec<&'static str>)> {
    let unavailable = |why, definite| Error::Unavailable { why, definite };
    let mut table = vec![
        (Error::invalid("a", "b"), Code::InvalidArgument, "INVALID_FIELD", true, vec![]),
        (
            Error::Unauthenticated(KeyFault::Missing),
            Code::Unauthenticated,
            "KEY_MISSING",
            true,
            vec![],
        ),
        (
            Error::Unauthenticated(KeyFault::Invalid),
            Code::Unauthenticated,
            "KEY_INVALID",
            true,
            vec![],
        ),
        (
            Error::Unauthenticated(KeyFault::Expired),
            Code::Unauthenticated,
            "KEY_EXPIRED",
            true,
            vec![],
        ),
        (
            Error::Unauthenticated(KeyFault::Revoked),
            Code::Unauthenticated,
            "KEY_REVOKED",
            true,
            vec![],
        ),
        (
            Error::PermissionDenied { permission: "a.b".into(), role: Role::Viewer },
            Code::PermissionDenied,
            "PERMISSION_MISSING",
            true,
            vec!["permission", "role"],
        ),
        (Error::TenantSuspended, Code::PermissionDenied, "TENANT_SUSPENDED", true, vec![]),
        (Error::not_found("account", FAR), Code::NotFound, "RESOURCE_NOT_FOUND", true, vec![]),
        (
            Error::Exists { resource: "asset", id: "X".into() },
            Code::AlreadyExists,
            "RESOURCE_EXISTS",
            true,
            vec![],
        ),
        (
            Error::RequestIdReused { fields: vec!["a".into(), "b".into()] },
            Code::AlreadyExists,
            "REQUEST_ID_REUSED",
            true,
            vec!["fields"],
        ),
        (Error::Fenced(FAR.into()), Code::Aborted, "OPERATION_FENCED", true, vec![]),
        (
            Error::EtagMismatch { resource: "tenant", id: FAR.into(), current: "7".into() },
            Code::Aborted,
            "ETAG_MISMATCH",
            true,
            vec!["current_etag"],
        ),
        (Error::GroupRefused { index: 3 }, Code::Aborted, "GROUP_REFUSED", true, vec!["index"]),
        (
            Error::RateLimited {
                limit: RateLimit::Tenant,
                maximum: 5,
                retry_after: Duration::from_millis(200),
            },
            Code::ResourceExhausted,
            "RATE_LIMITED",
            true,
            vec!["limit"],
        ),
        (
            Error::QueueFull { maximum: 8_192, retry_after: Duration::from_millis(500) },
            Code::ResourceExhausted,
            "QUEUE_FULL",
            true,
            vec!["maximum"],
        ),
        (
            Error::QuotaReached { limit: "max_api_keys", maximum: 100 },
            Code::ResourceExhausted,
            "QUOTA_REACHED",
            true,
            vec!["limit", "maximum"],
        ),
        (
            unavailable(Unavailable::Database, false),
            Code::Unavailable,
            "DATABASE_UNAVAILABLE",
            false,
            vec![],
        ),
        (unavailable(Unavailable::Pool, true), Code::Unavailable, "POOL_EXHAUSTED", true, vec![]),
        (unavailable(Unavailable::Contention, true), Code::Unavailable, "CONTENTION", true, vec![]),
        (
            unavailable(Unavailable::Connection, true),
            Code::Unavailable,
            "CONNECTION_ENDING",
            true,
            vec![],
        ),
        (
            unavailable(Unavailable::Stopping, true),
            Code::Unavailable,
            "SHUTTING_DOWN",
            true,
            vec![],
        ),
        (
            Error::DeadlineExceeded { definite: false },
            Code::DeadlineExceeded,
            "DEADLINE_EXCEEDED",
            false,
            vec![],
        ),
        (
            Error::DeadlineExceeded { definite: true },
            Code::DeadlineExceeded,
            "DEADLINE_EXCEEDED",
            true,
            vec![],
        ),
        (Error::Internal("a secret".into()), Code::Internal, "INTERNAL", true, vec!["trace_id"]),
        (
            Error::InBatch { index: 4, source: Box::new(Error::not_found("account", FAR)) },
            Code::NotFound,
            "RESOURCE_NOT_FOUND",
            true,
            vec!["index"],
        ),
    ];
    for refusal in refusals() {
        let keys = refusal.metadata().into_iter().map(|(key, _)| key).collect();
        table.push((
            refusal.clone().into(),
            if refusal.is_race() { Code::Aborted } else { Code::FailedPrecondition },
            refusal.reason(),
            true,
            keys,
        ));
    }
    table
}

fn transport() -> [TransportFault; 5] {
    [
        TransportFault::Malformed("x".into()),
        TransportFault::TooLarge,
        TransportFault::UnknownMethod("/a.B/C".into()),
        TransportFault::UnknownService("service not registered".into()),
        TransportFault::Cancelled,
    ]
}

#[test]
fn every_variant_has_its_status() {
    for (error, code, reason, definite, keys) in table() {
        let status = status(&error, trace());
        let details = status.get_error_details();
        let info = details.error_info().unwrap();
        assert_eq!(
            (status.code(), info.reason.as_str(), info.domain.as_str()),
            (code, reason, DOMAIN),
            "{error:?}"
        );
        assert_eq!(info.metadata["definite"], definite.to_string(), "{error:?}");
        let mut want: Vec<&str> = keys;
        want.push("definite");
        want.sort_unstable();
        let mut found: Vec<&str> = info.metadata.keys().map(String::as_str).collect();
        found.sort_unstable();
        assert_eq!(found, want, "{error:?}");
        assert!(!status.message().is_empty());
        let retry =
            matches!(code, Code::Unavailable) || ["RATE_LIMITED", "QUEUE_FULL"].contains(&reason);
        assert_eq!(details.retry_info().is_some(), retry, "{error:?}");
        let resource = ["RESOURCE_NOT_FOUND", "RESOURCE_EXISTS", "ETAG_MISMATCH"].contains(&reason);
        assert_eq!(details.resource_info().is_some(), resource, "{error:?}");
        assert_eq!(details.bad_request().is_some(), reason == "INVALID_FIELD", "{error:?}");
    }
}

/// What the option of a reason says in the contract.
#[derive(Debug, PartialEq)]
struct Documented {
    code: String,
    details: BTreeSet<String>,
    metadata: BTreeSet<String>,
}

/// That of every reason, and whether `definite` may be false.
fn contract() -> BTreeMap<String, (Documented, bool)> {
    let pool = DescriptorPool::decode(bursar_proto::DESCRIPTOR_SET).unwrap();
    let extension = pool.get_extension_by_name("bursar.options.v1.error").unwrap();
    let reasons = pool.get_enum_by_name("bursar.errors.v1.ErrorReason").unwrap();
    let sent = reasons.values().filter(|value| value.number() != 0);
    sent.map(|value| {
        let options = value.options();
        let option = options.get_extension(&extension).into_owned();
        let rule: bursar_proto::options::v1::ErrorRule =
            option.as_message().unwrap().transcode_to().unwrap();
        let documented = Documented {
            code: rule.code,
            details: rule.details.into_iter().collect(),
            metadata: rule.metadata.into_iter().collect(),
        };
        let name = value.name().trim_start_matches("ERROR_REASON_").to_owned();
        (name, (documented, rule.indefinite))
    })
    .collect()
}

/// The name that gRPC gives a code: `NotFound` is NOT_FOUND.
fn name_of(code: Code) -> String {
    let mut name = String::new();
    for c in format!("{code:?}").chars() {
        if c.is_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(c.to_ascii_uppercase());
    }
    name
}

#[test]
fn what_is_sent_is_what_the_contract_says() {
    let contract = contract();
    let mut all: Vec<(Status, bool)> = table()
        .into_iter()
        .map(|(error, ..)| (status(&error, trace()), matches!(error, Error::InBatch { .. })))
        .collect();
    all.extend(transport().iter().map(|fault| (transport_status(fault), false)));
    all.push((panic_status(trace(), false), false));

    let (mut reasons, mut indefinite) = (BTreeSet::new(), BTreeSet::new());
    for (status, in_batch) in all {
        let details = status.get_error_details();
        let info = details.error_info().unwrap();
        let mut metadata: BTreeSet<String> = info.metadata.keys().cloned().collect();
        assert!(metadata.remove("definite"), "{status:?}");
        // The comment of the enum says so for all reasons.
        assert_eq!(in_batch, in_batch && metadata.remove("index"), "{status:?}");
        let named = [
            ("BadRequest", details.bad_request().is_some()),
            ("ResourceInfo", details.resource_info().is_some()),
            ("RetryInfo", details.retry_info().is_some()),
        ];
        let sent = Documented {
            code: name_of(status.code()),
            details: named.iter().filter(|(_, is)| *is).map(|(name, _)| (*name).into()).collect(),
            metadata,
        };
        assert_eq!(sent, contract[&info.reason].0, "{}", info.reason);
        if info.metadata["definite"] == "false" {
            indefinite.insert(info.reason.clone());
        }
        reasons.insert(info.reason.clone());
    }
    assert_eq!(reasons, contract.keys().cloned().collect());
    let may_be: BTreeSet<String> =
        contract.iter().filter(|(_, rule)| rule.1).map(|(name, _)| name.clone()).collect();
    assert_eq!(indefinite, may_be);
}

#[test]
fn what_the_transport_found_changed_nothing() {
    for fault in transport() {
        let info = transport_status(&fault).get_details_error_info().unwrap();
        assert_eq!(info.metadata["definite"], (fault != TransportFault::Cancelled).to_string());
    }
    let large = transport_status(&TransportFault::TooLarge).get_details_error_info().unwrap();
    assert_eq!(large.metadata["maximum_bytes"], MAX_MESSAGE_BYTES.to_string());
}

#[test]
fn internal_texts_stay_inside() {
    let inside = Error::Internal("password=hunter2".into());
    for error in [inside.clone(), Error::InBatch { index: 1, source: Box::new(inside) }] {
        for (message, details) in [
            (
                status(&error, trace()).message().to_owned(),
                format!("{:?}", status(&error, trace()).get_error_details()),
            ),
            (rpc_status(&error).message, format!("{:?}", rpc_status(&error).details)),
        ] {
            assert_eq!(message, "internal error");
            assert!(!details.contains("hunter2"));
        }
    }
    assert_eq!(
        status(&Error::Internal(String::new()), trace()).get_details_error_info().unwrap().metadata
            ["trace_id"],
        FAR
    );
}

#[test]
fn violations_are_whole_until_they_would_not_fit_a_header() {
    let many = |count: usize| {
        let violation = |at| Violation {
            field: format!("accounts[{at}].asset"),
            problem: "is not known".repeat(3),
        };
        Error::Invalid((0..count).map(violation).collect())
    };
    let few = status(&many(5), trace());
    assert_eq!(few.get_details_bad_request().unwrap().field_violations.len(), 5);
    assert!(few.message().ends_with("and 2 more"));
    let huge = status(&many(8_000), trace());
    let violations = huge.get_details_bad_request().unwrap().field_violations;
    assert!(violations.len() < 80);
    assert!(violations.last().unwrap().description.contains("more"));
    let mut headers = http::HeaderMap::new();
    huge.add_header(&mut headers).unwrap();
    let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    assert!(bytes < 8 * 1024, "{bytes}");
}

#[test]
fn texts_are_cut_at_a_character() {
    let long = status(&Error::not_found("asset", "ü".repeat(1_000)), trace());
    assert!(long.message().len() <= MAX_TEXT_BYTES + 3 && long.message().ends_with('…'));
}

#[test]
fn a_full_batch_of_refusals_fits_a_reply() {
    let account = AccountId::generate();
    let available = Decimal::parse("-99999999999999999999.999999999999999999").unwrap();
    let refused = rpc_status(&Refusal::LimitExceeded { account, available }.into());
    let invalid = rpc_status(&Error::invalid(
        "transfers[8189].credit_account_id",
        bursar_domain::ids::IdError,
    ));
    for status in [refused, invalid] {
        assert_ne!(status.code, 0);
        assert!(status.encoded_len() < 450, "{}", status.encoded_len());
    }
}
