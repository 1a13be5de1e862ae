use prost_reflect::Value;

use super::*;

/// The option of a reason, as the contract has it.
fn rule(code: &str, details: &[&str], metadata: &[&str], indefinite: bool) -> DynamicMessage {
    let compiler = crate::compile(&crate::proto().unwrap()).unwrap();
    let message = compiler.descriptor_pool().get_message_by_name("bursar.options.v1.ErrorRule");
    let mut rule = DynamicMessage::new(message.unwrap());
    let list = |texts: &[&str]| {
        Value::List(texts.iter().map(|text| Value::String((*text).to_owned())).collect())
    };
    rule.set_field_by_name("code", Value::String(code.to_owned()));
    rule.set_field_by_name("details", list(details));
    rule.set_field_by_name("metadata", list(metadata));
    rule.set_field_by_name("indefinite", Value::Bool(indefinite));
    rule
}

#[test]
fn a_comment_is_taken_apart() {
    let rule = rule("ABORTED", &["ResourceInfo"], &["a", "b"], false);
    let comment = "ABORTED, with ResourceInfo. It is so. And so. Metadata: `a`, `b`, in pairs.";
    let reason = read("X", comment, &rule).unwrap();
    assert_eq!(
        (reason.meaning.as_str(), reason.keys.as_str()),
        ("It is so. And so.", "`a`, `b`, in pairs")
    );
}

#[test]
fn a_comment_that_says_something_else_than_its_option_is_refused() {
    let rule = rule("ABORTED", &[], &["a"], false);
    assert!(read("X", "ABORTED. It is so. Metadata: `a`.", &rule).is_ok());
    for (comment, fault) in [
        ("NOT_FOUND. It is so. Metadata: `a`.", "must begin with `ABORTED. `"),
        ("ABORTED, with RetryInfo. It is so. Metadata: `a`.", "must begin with `ABORTED. `"),
        ("ABORTED. It is so.", "names the metadata []"),
        ("ABORTED. It is so. Metadata: `a`, `b`.", "names the metadata [\"a\", \"b\"]"),
        ("ABORTED. It is so. Metadata: `a`", "with a full stop"),
        ("ABORTED. Metadata: `a`.", "what the reason means"),
        ("ABORTED. It is so: see `definite`. Metadata: `a`.", "exactly when"),
    ] {
        let error = read("X", comment, &rule).unwrap_err();
        assert!(error.contains(fault), "{comment}: {error}");
    }
}

#[test]
fn an_option_holds_only_what_grpc_has() {
    assert!(read("X", "OK. It is so.", &rule("OK", &[], &[], false)).is_err());
    let detail = rule("ABORTED", &["Help"], &[], false);
    assert!(read("X", "ABORTED, with Help. It is so.", &detail).unwrap_err().contains("Help"));
}

#[test]
fn an_rpc_lists_only_reasons_that_exist() {
    let known = [read("KNOWN", "ABORTED. It is so.", &rule("ABORTED", &[], &[], false)).unwrap()];
    for fits in ["Reads. Errors: KNOWN (one, or two), KNOWN.", "Reads.", "Errors as the other."] {
        check_listed(fits, &known).unwrap();
    }
    assert!(check_listed("Reads. Errors: KNOWN, OTHER.", &known).unwrap_err().contains("`OTHER`"));
    assert!(check_listed("Reads. Errors: KNOWN. More.", &known).is_err());
}
