use proptest::prelude::*;

use super::*;

const MAX: usize = 10_000;

fn canonical(text: &str) -> Result<String, JsonError> {
    parse(text, MAX).map(|json| json.text())
}

#[test]
fn numbers_have_one_form() {
    for (given, wanted) in [
        ("0", "0"),
        ("-0", "0"),
        ("-0.00e7", "0"),
        ("0e999999999999999999999", "0"),
        ("1.50", "1.5"),
        ("-12.3400e2", "-1234"),
        ("1e3", "1000"),
        ("1E-3", "0.001"),
        ("0.001e3", "1"),
        ("0.0012e1", "0.012"),
        ("120e-1", "12"),
        ("9007199254740993", "9007199254740993"),
        ("18446744073709551616", "18446744073709551616"),
        ("-9223372036854775809", "-9223372036854775809"),
        ("0.1000000000000000055511151231257827", "0.1000000000000000055511151231257827"),
    ] {
        assert_eq!(canonical(given), Ok(wanted.to_owned()), "{given}");
    }
    for huge in ["1e1000", "1e-1000", "1e99999999999999999999", "-1e9223372036854775807"] {
        assert_eq!(canonical(huge), Err(JsonError::LongNumber(MAX_JSON_NUMBER_DIGITS)), "{huge}");
    }
    assert!(canonical("1e999").is_ok());
}

#[test]
fn members_are_ordered_and_space_is_left_out() {
    let given = " { \"b\" : [ 1.0 , null , true ] , \"a\" : { } , \"\\u00e9\" : \"\\ud83d\\ude00\\u000a\" } ";
    assert_eq!(canonical(given), Ok(r#"{"a":{},"b":[1,null,true],"é":"😀\n"}"#.to_owned()));
    for plain in ["null", "true", "\"x\"", "[]"] {
        assert_eq!(canonical(plain), Ok(plain.to_owned()));
        assert_eq!(parse_object(plain, MAX), Err(JsonError::NoObject));
    }
}

#[test]
fn what_cannot_be_kept_is_refused() {
    for broken in [
        "",
        " ",
        "{",
        "nul",
        "01",
        "1.",
        ".5",
        "+1",
        "NaN",
        "Infinity",
        "{} {}",
        "[1,]",
        "'x'",
        "\"\\ud800\"",
        "\"\t\"",
    ] {
        assert!(
            matches!(canonical(broken), Err(JsonError::Syntax(_))),
            "{broken}: {:?}",
            canonical(broken)
        );
    }
    assert_eq!(
        canonical(r#"{"x":{"a":1,"b":2,"\u0061":3}}"#),
        Err(JsonError::Duplicate("a".into()))
    );
    assert_eq!(canonical("\"\\u0000\""), Err(JsonError::Nul));
    assert_eq!(canonical("{\"a\\u0000\":1}"), Err(JsonError::Nul));
    for name in ["$serde_json::private::Number", "$serde_json::private::RawValue"] {
        assert_eq!(canonical(&format!("{{\"{name}\":\"1\"}}")), Err(JsonError::Reserved));
    }
}

#[test]
fn depth_and_size_have_ends() {
    let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    assert!(canonical(&nested(MAX_JSON_TEXT_DEPTH)).is_ok());
    let deep = Err(JsonError::TooDeep(MAX_JSON_TEXT_DEPTH));
    assert_eq!(canonical(&nested(MAX_JSON_TEXT_DEPTH + 1)), deep);
    assert_eq!(parse(&nested(500_000), 2_000_000).map(|json| json.text()), deep);
    let text = |len: usize| format!("\"{}\"", "x".repeat(len - 2));
    assert!(canonical(&text(MAX)).is_ok());
    assert_eq!(canonical(&text(MAX + 1)), Err(JsonError::TooLarge(MAX)));
    // Short as it came, and too long once the exponents are written out.
    let grows = format!("[{}]", vec!["1e900"; 20].join(","));
    assert_eq!(canonical(&grows), Err(JsonError::TooLarge(MAX)));
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::from),
        (any::<i128>(), 0_usize..30).prop_map(|(digits, scale)| {
            let text = format!("{digits}e-{scale}");
            Value::Number(number(&text).unwrap())
        }),
        "[^\0]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
            prop::collection::btree_map("[^\0]{0,6}", inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    /// The canonical form of what is canonical is itself, and a serialiser that indents changes nothing.
    #[test]
    fn canonical_is_a_fixed_point(json in any_json()) {
        let text = json.to_string();
        prop_assert_eq!(canonical(&text), Ok(text));
        let spaced = serde_json::to_string_pretty(&json).unwrap();
        prop_assert_eq!(parse(&spaced, 1_000_000).map(|read| read.value().clone()), Ok(json));
    }
}
