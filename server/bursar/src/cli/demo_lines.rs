//! Calls to paste into a shell.

use serde_json::{Value, json};
use std::path::Path;
use uuid::Uuid;

/// Where the key of the lines comes from.
pub(crate) enum KeyFrom<'a> {
    /// A file.
    File(&'a Path),
    /// `BURSAR_API_KEY` of the shell that they are pasted into.
    Environment,
}

/// What the lines are about.
pub(crate) struct Scene<'a> {
    /// What is there, in a sentence.
    pub(crate) ready: String,
    /// Address of the server, with `http://` or `https://`.
    pub(crate) url: &'a str,
    /// The tenant's key.
    pub(crate) key: KeyFrom<'a>,
    /// Id of an account that has money.
    pub(crate) payer: &'a str,
    /// Id of another.
    pub(crate) payee: &'a str,
    /// Their asset.
    pub(crate) asset: &'a str,
}

/// Lines that work as they stand, each more than once: a call with the same id gets the first reply.
pub(crate) fn lines(scene: &Scene<'_>) -> String {
    let Scene { ready, url, key, payer, payee, asset } = scene;
    let (plain, address) = match url.split_once("://") {
        Some(("https", address)) => ("", address),
        Some((_, address)) => ("-plaintext ", address),
        None => ("-plaintext ", *url),
    };
    let address = address.trim_end_matches('/');
    // grpcurl wants a port.
    let address = match plain {
        "" if !address.contains(':') => format!("{address}:443"),
        _ => address.to_owned(),
    };
    let call = |method: &str, body: &Value| {
        let body = if body.is_null() {
            String::new()
        } else {
            format!("-d {} ", quote(&body.to_string()))
        };
        format!("grpcurl {plain}-H \"authorization: Bearer $KEY\" {body}{address} bursar.{method}")
    };
    let fresh = || Uuid::now_v7().to_string();
    let account = |code: &str| {
        let account = json!({"id": fresh(), "asset": asset, "code": code});
        call(
            "ledger.v1.AccountService/CreateAccount",
            &json!({"request_id": fresh(), "account": account}),
        )
    };
    let transfer = json!({
        "id": fresh(), "debit_account_id": payer, "credit_account_id": payee, "amount": {"asset": asset, "amount": "12.50"},
    });
    let mut text = [
        format!("{ready} Paste these lines into another shell:"),
        String::new(),
        match key {
            KeyFrom::File(file) => format!("KEY=$(cat {})", quote(&file.display().to_string())),
            KeyFrom::Environment => "KEY=$BURSAR_API_KEY".to_owned(),
        },
        call("admin.v1.ServerService/WhoAmI", &Value::Null),
        account("customer"),
        account("savings"),
        call("ledger.v1.TransferService/CreateTransfer", &json!({"transfer": transfer})),
        call("ledger.v1.AccountService/GetBalance", &json!({"account_id": payee})),
        call(
            "ledger.v1.TransferService/ListTransfers",
            &json!({"filter": {"account_id": payer}, "page_size": 5}),
        ),
        String::new(),
        "A line pasted twice changes nothing the second time: the reply says \"replayed\": true."
            .to_owned(),
        format!("The server describes itself (reflection): grpcurl {plain}{address} list"),
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

    fn scene(url: &str, key: KeyFrom<'_>) -> String {
        lines(&Scene { ready: "Ready.".into(), url, key, payer: "a", payee: "b", asset: "EUR" })
    }

    #[test]
    fn every_line_is_a_call_of_one_line() {
        let file = Path::new("/var/lib/my bursar/demo.key");
        let text = scene("http://127.0.0.1:50051", KeyFrom::File(file));
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

    #[test]
    fn a_server_behind_tls_is_called_by_it() {
        let text = scene("https://bursar.example.com", KeyFrom::Environment);
        assert!(text.contains("KEY=$BURSAR_API_KEY") && !text.contains("-plaintext"), "{text}");
        assert!(text.contains(" bursar.example.com:443 bursar."), "{text}");
    }
}
