//! `bursar statement` and `bursar period`: the three forms, files, pages, and what is refused.

use bursar_proto::ledger::v1::{Account, BalanceRule, BatchMode, NewTransfer};
use bursar_testkit::{Server, batch, day, make, moved, new_account, new_transfer};
use serde_json::Value;

use super::{Ran, program, run};

async fn bursar(server: &Server, key: &str, args: &[&str]) -> Ran {
    let mut command = program(Some(server), key);
    command.args(args);
    run(command).await
}

async fn statement(
    server: &Server,
    key: &str,
    account: &Account,
    days: [&str; 2],
    more: &[&str],
) -> Ran {
    let [from, to] = days;
    let asked = ["statement", "--account", &account.id, "--from", from, "--to", to];
    bursar(server, key, &[&asked[..], more].concat()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_in_every_form() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (caller, key) = (&tenant.operator, &tenant.viewer.key_text);
    let bank = new_account(caller, "EUR", BalanceRule::Unlimited).await;
    let wallet = new_account(caller, "EUR", BalanceRule::Unlimited).await;
    let (before, yesterday, today) = (day(-2).await, day(-1).await, day(0).await);
    let opening = NewTransfer { value_date: before.clone(), ..new_transfer(&bank, &wallet, "2.5") };
    make(caller, opening).await.unwrap();
    let awkward = "=a \"quoted\", reference; ü'";
    let first = NewTransfer {
        value_date: yesterday.clone(),
        code: "fee".into(),
        external_reference: awkward.into(),
        ..new_transfer(&bank, &wallet, "100")
    };
    let first = make(caller, first).await.unwrap();
    let second = moved(caller, &wallet, &bank, "0.01").await;
    let days = [yesterday.as_str(), today.as_str()];

    let text = statement(&server, key, &wallet, days, &[]).await;
    assert_eq!(text.code(), 0, "{}", text.err());
    let text = text.out();
    let lines: Vec<Vec<&str>> =
        text.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[2], [&yesterday, "opening", "2.5"]);
    assert_eq!(lines[3][..4], [&yesterday, "direct", "100", "102.5"]);
    assert_eq!(lines.last().unwrap()[..], [&today, "closing", "102.49"]);

    let json = statement(&server, key, &wallet, days, &["--output", "json"]).await.json(0);
    assert_eq!(json["account_id"], wallet.id);
    assert_eq!((&json["asset"], &json["closed"]), (&Value::from("EUR"), &Value::from(false)));
    assert_eq!((&json["from"], &json["to"]), (&Value::from(days[0]), &Value::from(days[1])));
    assert_eq!(
        (&json["opening"]["posted"], &json["closing"]["posted"]),
        (&"2.5".into(), &"102.49".into())
    );
    let lines = json["lines"].as_array().unwrap();
    assert_eq!(lines.len(), 2);
    assert_eq!(
        (&lines[0]["external_reference"], &lines[0]["credit"]),
        (&awkward.into(), &"100".into())
    );
    assert_eq!(
        (&lines[1]["transfer_id"], &lines[1]["debit"]),
        (&second.id.clone().into(), &"0.01".into())
    );

    let csv = statement(&server, key, &wallet, days, &["--output", "csv"]).await;
    assert_eq!(csv.code(), 0, "{}", csv.err());
    let out = csv.out();
    let mut reader = csv::Reader::from_reader(out.as_bytes());
    let columns = reader.headers().unwrap().clone();
    let column = |name: &str| columns.iter().position(|column| column == name).unwrap();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let cells = |n: usize, names: &[&str]| -> Vec<String> {
        names.iter().map(|name| rows[n][column(name)].to_owned()).collect()
    };
    assert_eq!(rows.len(), 4);
    let amounts = ["row", "value_date", "debit", "credit", "posted"];
    assert_eq!(cells(0, &amounts), ["opening", days[0], "", "", "2.5"]);
    assert_eq!(cells(1, &amounts), ["line", days[0], "", "100", "102.5"]);
    assert_eq!(cells(2, &amounts), ["line", days[1], "0.01", "", "102.49"]);
    assert_eq!(cells(3, &amounts), ["closing", days[1], "", "", "102.49"]);
    let facts = ["transfer_id", "kind", "other_account_id", "code", "external_reference"];
    assert_eq!(cells(1, &facts), [&first.id, "direct", &bank.id, "fee", awkward]);
    assert_eq!(cells(1, &["posted_at"]), [first.posted_at.unwrap().to_string()]);

    // Only `statement` has that form.
    let ran = bursar(&server, key, &["period", "list", "--output", "csv"]).await;
    assert_eq!(ran.code(), 2, "{}", ran.err());
}

/// More than a page, into a file: whole, private, the same again once its days are closed; and no file when it fails.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_statement_of_a_closed_period() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (caller, key) = (&tenant.operator, &tenant.auditor.key_text);
    let bank = new_account(caller, "EUR", BalanceRule::Unlimited).await;
    let wallet = new_account(caller, "EUR", BalanceRule::Unlimited).await;
    let (before, yesterday, today) = (day(-2).await, day(-1).await, day(0).await);
    let dated = |n: usize| NewTransfer {
        value_date: if n.is_multiple_of(2) { before.clone() } else { yesterday.clone() },
        ..new_transfer(&bank, &wallet, "0.01")
    };
    batch(caller, (0..2_500).map(dated).collect(), BatchMode::AllOrNothing).await.unwrap();
    let days = [before.as_str(), yesterday.as_str()];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("statement");
    let file = path.to_str().unwrap();

    let admin = &tenant.admin.key_text;
    let dry =
        bursar(&server, admin, &["period", "close", &yesterday, "--dry-run", "--output", "json"])
            .await;
    assert_eq!(dry.json(0)["ends_on"], yesterday);
    let none = bursar(&server, key, &["period", "list", "--output", "json"]).await.json(0);
    assert_eq!(none, Value::Array(vec![]));
    let closed =
        bursar(&server, admin, &["period", "close", &yesterday, "--output", "json"]).await.json(0);
    let listed = bursar(&server, key, &["period", "list", "--output", "json"]).await.json(0);
    assert_eq!(listed, Value::Array(vec![closed]));
    let again = bursar(&server, admin, &["period", "close", &yesterday, "--output", "json"]).await;
    assert_eq!(again.error(3)["reason"], "PERIOD_ALREADY_CLOSED");

    for form in ["csv", "json", "text"] {
        let more = ["--output", form, "-o", file];
        let ran = statement(&server, key, &wallet, days, &more).await;
        assert_eq!((ran.code(), ran.out().as_str()), (0, ""), "{}", ran.err());
        let first = std::fs::read(&path).unwrap();
        let printed = statement(&server, key, &wallet, days, &more[..2]).await;
        assert!(printed.0.stdout == first, "{form}: stdout and file are the same");
        let lines = String::from_utf8(first.clone()).unwrap().matches(&bank.id[..]).count();
        assert!(form == "text" || lines == 2_500, "{form}: {lines}");
        moved(caller, &bank, &wallet, "1").await;
        let ran = statement(&server, key, &wallet, days, &more).await;
        assert_eq!(ran.code(), 0, "{}", ran.err());
        assert!(std::fs::read(&path).unwrap() == first, "{form}: the same bytes later");
    }
    let json = statement(&server, key, &wallet, days, &["--output", "json"]).await.json(0);
    assert_eq!(json["lines"].as_array().unwrap().len(), 2_500);
    assert_eq!((&json["closed"], &json["closing"]["posted"]), (&true.into(), &"25".into()));
    let rights =
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions());
    assert_eq!(rights & 0o777, 0o600);

    let absent = Account { id: bursar_testkit::id(), ..wallet.clone() };
    let other = folder.path().join("other");
    let more = ["--output", "json", "-o", other.to_str().unwrap()];
    let ran = statement(&server, key, &absent, days, &more).await;
    assert_eq!(ran.error(3)["reason"], "RESOURCE_NOT_FOUND");
    let backwards = statement(&server, key, &wallet, [&today, &before], &more).await;
    assert_eq!(backwards.error(2)["fields"][0]["field"], "to");
    let nowhere = folder.path().join("none/other");
    let more = ["--output", "json", "-o", nowhere.to_str().unwrap()];
    let ran = statement(&server, key, &wallet, days, &more).await;
    assert!(ran.error(1)["message"].as_str().unwrap().contains("cannot write"));
    let left: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["statement"]);
}
