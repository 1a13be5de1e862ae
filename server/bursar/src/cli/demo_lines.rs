//! Calls to paste into a shell.

use super::demo::{ALICE, ASSET, BOB};
use serde_json::{Value, json};
use std::path::Path;
use uuid::Uuid;

/// Lines that work as they stand, each more than once: a call with the same id gets the first reply.
pub(crate) fn lines(address: &str, key_file: &Path) -> String {
    let call = |method: &str, body: &Value| {
        let body = if body.is_null() {
            String::new()
        } else {
            format!("-d {} ", quote(&body.to_string()))
        };
        format!(
            "grpcurl -plaintext -H \"authorization: Bearer $KEY\" {body}{address} bursar.{method}"
        )
    };
    let fresh = || Uuid::now_v7().to_string();
    let account = |code: &str| {
        let account = json!({"id": fresh(), "asset": ASSET, "code": code});
        call(
            "ledger.v1.AccountService/CreateAccount",
            &json!({"request_id": fresh(), "account": account}),
        )
    };
    let transfer = json!({
        "id": fresh(), "debit_account_id": ALICE, "credit_account_id": BOB, "amount": {"asset": ASSET, "amount": "12.50"},
    });
    let mut text = [
        "The demo tenant is ready: Alice has 1000 EUR, Bob has an account. Paste these lines into another shell:".to_owned(),
        String::new(),
        format!("KEY=$(cat {})", quote(&key_file.display().to_string())),
        call("admin.v1.ServerService/WhoAmI", &Value::Null),
        account("customer"),
        account("savings"),
        call("ledger.v1.TransferService/CreateTransfer", &json!({"transfer": transfer})),
        call("ledger.v1.AccountService/GetBalance", &json!({"account_id": BOB})),
        call("ledger.v1.TransferService/ListTransfers", &json!({"filter": {"account_id": ALICE}, "page_size": 5})),
        String::new(),
        "A line pasted twice changes nothing the second time: the reply says \"replayed\": true.".to_owned(),
        format!("The server describes itself (reflection): grpcurl -plaintext {address} list"),
    ]
    .join("\n");
    if !installed("grpcurl") {
        text.push_str(
            "\ngrpcurl is not installed: go install github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.3",
        );
    }
    text
}

/// The text as one word of a shell.
fn quote(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    if text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

fn installed(program: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join(program).is_file()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_a_call_of_one_line() {
        let text = lines("127.0.0.1:50051", Path::new("/var/lib/my bursar/demo.key"));
        assert!(text.contains("KEY=$(cat '/var/lib/my bursar/demo.key')"), "{text}");
        let calls: Vec<_> =
            text.lines().filter(|l| l.starts_with("grpcurl ") && l.contains("Bearer")).collect();
        assert_eq!(calls.len(), 6);
        for call in calls {
            assert!(
                call.matches('\'').count() % 2 == 0 && call.contains(" 127.0.0.1:50051 bursar."),
                "{call}"
            );
        }
    }
}
