use bursar_domain::ids::AccountId;
use bursar_domain::role::Role;

use super::*;

fn fields<T: std::fmt::Debug>(result: Result<T>) -> Vec<String> {
    match result {
        Err(Error::Invalid(violations)) => violations.into_iter().map(|v| v.field).collect(),
        other => panic!("not a violation: {other:?}"),
    }
}

#[test]
fn all_violations_come_at_once() {
    let mut checks = Checks::new();
    let good = checks.take(id::<AccountId>("a", &AccountId::generate().to_string()));
    let bad = checks.take(id::<AccountId>("b", "x"));
    let deep = checks.take_within("list[2].", decimal("amount", "1e3"));
    checks.note("c", "is wrong");
    assert!(good.is_some() && bad.is_none() && deep.is_none());
    assert_eq!(fields(checks.finish(|| Some(()))), ["b", "list[2].amount", "c"]);
}

#[test]
fn other_errors_are_kept_but_violations_go_first() {
    let mut checks = Checks::new();
    checks.take::<()>(Err(Error::TenantSuspended));
    assert_eq!(checks.finish(|| Some(())), Err(Error::TenantSuspended));
    let mut checks = Checks::new();
    checks.take::<()>(Err(Error::TenantSuspended));
    checks.note("c", "is wrong");
    assert_eq!(fields(checks.finish(|| Some(()))), ["c"]);
    assert!(matches!(Checks::new().finish(|| None::<()>), Err(Error::Internal(_))));
}

#[test]
fn ids() {
    assert_eq!(optional_id::<AccountId>("a", ""), Ok(None));
    assert_eq!(fields(id::<AccountId>("a", "")), ["a"]);
    assert_eq!(fields(optional_id::<AccountId>("a", "x")), ["a"]);
    assert_eq!(to_optional_id(None::<AccountId>), "");
}

#[test]
fn times() {
    let wire = |seconds, nanos| prost_types::Timestamp { seconds, nanos };
    for good in [
        wire(0, 0),
        wire(1_700_000_000, 123_456_000),
        wire(-1, 999_999_000),
        wire(-62_135_596_800, 0),
    ] {
        assert_eq!(timestamp("t", &good).map(to_timestamp), Ok(good), "{good:?}");
    }
    let bad = [
        wire(0, 1),
        wire(0, -1),
        wire(0, 1_000_000_000),
        wire(-62_135_596_801, 0),
        wire(253_402_300_800, 0),
        wire(i64::MAX, 0),
        wire(i64::MIN, 0),
    ];
    for bad in bad {
        assert_eq!(fields(timestamp("t", &bad)), ["t"], "{bad:?}");
    }
    assert_eq!(optional_timestamp("t", None), Ok(None));
}

#[test]
fn durations() {
    let read = |seconds, nanos| {
        let range = Duration::from_secs(1)..=Duration::from_mins(1);
        duration("d", &prost_types::Duration { seconds, nanos }, range, "1 to 60 seconds")
    };
    assert_eq!(read(1, 500_000_000), Ok(Duration::from_millis(1500)));
    assert_eq!(read(60, 0), Ok(Duration::from_mins(1)));
    let bad = [
        (0, 0),
        (60, 1_000),
        (-1, 0),
        (5, 1),
        (5, -1_000),
        (1, 1_000_000_000),
        (0, -1_000),
        (i64::MIN, i32::MIN),
    ];
    for (seconds, nanos) in bad {
        assert_eq!(fields(read(seconds, nanos)), ["d"], "{seconds} {nanos}");
    }
}

#[test]
fn days() {
    assert_eq!(date("d", "2024-02-29"), Ok(Date::constant(2024, 2, 29)));
    assert_eq!(date("d", "1900-01-01"), Ok(FIRST_DATE));
    assert_eq!(optional_date("d", ""), Ok(None));
    let bad = [
        "",
        "2023-02-29",
        "1899-12-31",
        "2026-1-31",
        "20260131",
        "2026-01-31T00:00",
        "2026/01/31",
        "+002026-01",
        "２026-01-3",
        "2026-13-01",
        "-026-01-01",
        " 2026-01-3",
    ];
    for bad in bad {
        assert_eq!(fields(date("d", bad)), ["d"], "{bad}");
    }
}

#[test]
fn amounts() {
    let wire =
        |asset: &str, amount: &str| common::Money { asset: asset.into(), amount: amount.into() };
    assert_eq!(
        money("m", Some(&wire("EUR", "12.50"))).map(|m| m.amount.to_string()),
        Ok("12.5".into())
    );
    assert_eq!(fields(money("m", Some(&wire("eur", "NaN")))), ["m.asset", "m.amount"]);
    assert_eq!(fields(money("m", None)), ["m"]);
    assert_eq!(optional_asset_code("a", ""), Ok(None));
}

#[test]
fn texts_and_numbers() {
    assert_eq!(fields(name("n", " ", 5)), ["n"]);
    assert_eq!(fields(line("n", "123456", 5)), ["n"]);
    assert_eq!(fields(code("n", "a b")), ["n"]);
    assert_eq!(reference("n", ""), Ok(None));
    assert!(batch_len("ids", 1, 200).is_ok());
    assert_eq!(fields(batch_len("ids", 0, 200)), ["ids"]);
    assert_eq!(fields(batch_len("ids", 201, 200)), ["ids"]);
    assert_eq!(whole("n", 18, 0..=18), Ok(18));
    assert_eq!(fields(whole("n", 19, 0..=18)), ["n"]);
}

#[test]
fn etags() {
    assert_eq!(etag("e", ""), Ok(None));
    assert_eq!(etag("e", "17"), Ok(Some(17)));
    for bad in ["x", "+1", "01", " 1", "1.0", "\"1\"", "99999999999999999999"] {
        assert_eq!(fields(etag("e", bad)), ["e"], "{bad}");
    }
}

#[test]
fn masks() {
    let of = |paths: &[&str]| {
        let wire = prost_types::FieldMask { paths: paths.iter().map(|&p| p.to_owned()).collect() };
        mask("update_mask", Some(&wire), &["name", "limits"])
            .map(|mask| (mask.has("name"), mask.has("limits")))
    };
    assert_eq!(of(&["name", "name"]), Ok((true, false)));
    assert_eq!(fields(of(&[])), ["update_mask"]);
    assert_eq!(fields(mask("update_mask", None, &["name"]).map(|_| ())), ["update_mask"]);
    let Err(Error::Invalid(violations)) = of(&["name", "id"]) else { panic!("accepted") };
    assert!(
        violations[0].problem.contains("names id")
            && violations[0].problem.contains("name, limits")
    );
}

#[test]
fn enums() {
    for value in Role::ALL {
        assert_eq!(role::required("role", role::wire(value)), Ok(value));
    }
    assert_eq!(role::optional("role", 0), Ok(None));
    for (number, word) in [(0, "unspecified"), (99, "99"), (-1, "-1")] {
        let Err(Error::Invalid(violations)) = role::required("role", number) else {
            panic!("accepted")
        };
        assert!(
            violations[0].problem.contains(word)
                && violations[0].problem.contains("ROLE_VIEWER, ROLE_OPERATOR")
        );
    }
}

#[test]
fn only_field_violations_get_a_part() {
    assert_eq!(
        in_part(Error::invalid("asset", "x"), "account."),
        Error::invalid("account.asset", "x")
    );
    let reused = Error::RequestIdReused { fields: vec!["account.asset".into()] };
    assert_eq!(in_part(reused.clone(), "account."), reused);
}
