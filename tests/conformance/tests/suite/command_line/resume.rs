//! `bursar import transfers` cut in the middle, by kill -9 or by a server that is gone: the same command again sends
//! the rest, and nothing is lost or doubled.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

use bursar_domain::money::Decimal;
use bursar_proto::ledger::v1::{AccountFilter, ListBalancesRequest, TransferFilter};
use bursar_testkit::{Caller, Proxy, Server, TestTenant, list_all, ok, within};
use serde_json::Value;

use super::{Ran, program, run};

/// Lines of the file.
const LINES: u64 = 6_000;
/// Transfers of a batch.
const BATCH: u64 = 50;
/// Every so many lines one repeats the id of the line before it.
const REPEATS: u64 = 500;
/// Every so many lines one has an amount that is none.
const WRONG: u64 = 400;
const MAP: &str = r#"
name = "resume"
id = "{id}"
asset = "EUR"
amount = "{amount}"
create_accounts = true
[[rule]]
debit = "bank"
credit = "customer:{customer}"
"#;

/// A file with what is wrong in real ones; each good line moves its own number of cents.
struct Bank {
    dir: tempfile::TempDir,
    /// Sum of the good lines, in cents.
    sum: u64,
    good: u64,
    bad: u64,
}

impl Bank {
    fn new() -> Self {
        let mut text = String::from("id,amount,customer\n");
        let (mut sum, mut good, mut bad) = (0, 0, 0);
        for line in 2..LINES + 2 {
            let (repeats, wrong) = (line % REPEATS == 0, line % WRONG == 1);
            let id = if repeats { line - 1 } else { line };
            let cents = format!("{}.{:02}", line / 100, line % 100);
            let amount = if wrong { "much" } else { &cents };
            writeln!(text, "{id},{amount},{}", line % 7).unwrap();
            if repeats || wrong {
                bad += 1;
            } else {
                good += 1;
                sum += line;
            }
        }
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("bank.csv"), text).unwrap();
        std::fs::write(dir.path().join("map.toml"), MAP).unwrap();
        Self { dir, sum, good, bad }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn journal(&self) -> PathBuf {
        self.path("bank.csv.progress")
    }

    /// The line up to which the journal says that all is settled; 0 when there is none.
    fn settled(&self) -> u64 {
        let text = std::fs::read(self.journal()).unwrap_or_default();
        let journal: Value = serde_json::from_slice(&text).unwrap_or_default();
        journal["line"].as_u64().unwrap_or_default()
    }

    fn command(&self, port: u16, key: &str, args: &[&str]) -> std::process::Command {
        let mut command = program(None, key);
        command
            .env("BURSAR_URL", format!("http://127.0.0.1:{port}"))
            .args(["import", "transfers", "--output", "json", "--in-flight", "3"])
            .args(["--batch", &BATCH.to_string()])
            .args(["--map".as_ref(), self.path("map.toml").as_os_str()])
            .args(["--report".as_ref(), self.path("refused.csv").as_os_str()])
            .arg(self.path("bank.csv"))
            .args(args);
        command
    }

    fn spawn(&self, port: u16, key: &str) -> Child {
        let mut command = self.command(port, key, &[]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    async fn finish(&self, port: u16, key: &str, args: &[&str]) -> Ran {
        run(self.command(port, key, args)).await
    }

    /// Everything is posted once and every bad line reported once, whatever cuts there were.
    async fn assert_whole(&self, tenant: &TestTenant, summary: &Value) {
        let (posted, replayed) = (&summary["posted"], &summary["replayed"]);
        assert_eq!(posted.as_u64().unwrap() + replayed.as_u64().unwrap(), self.good, "{summary}");
        assert_eq!(summary["refused"].as_u64(), Some(self.bad), "{summary}");
        let since = Some(prost_types::Timestamp { seconds: 0, nanos: 0 });
        let filter = TransferFilter { from: since, ..Default::default() };
        let transfers = list_all(&tenant.viewer, filter, 1000).await;
        assert_eq!(transfers.len() as u64, self.good);
        assert_eq!(customers(&tenant.viewer).await, self.sum.into());
        let report = std::fs::read_to_string(self.path("refused.csv")).unwrap();
        let lines: Vec<u64> = report
            .lines()
            .skip(1)
            .map(|line| line.split(',').next().unwrap().parse().unwrap())
            .collect();
        let want: Vec<u64> =
            (2..LINES + 2).filter(|line| line % REPEATS == 0 || line % WRONG == 1).collect();
        assert_eq!(lines, want, "each bad line once, in the order of the file");
        assert!(report.contains("has the same id as line"), "{report}");
        assert!(!self.journal().exists(), "it goes with the end of the import");
    }
}

/// What all customers have together, in cents.
async fn customers(viewer: &Caller) -> i128 {
    let filter = Some(AccountFilter { asset: "EUR".into(), ..Default::default() });
    let request = ListBalancesRequest { filter, page_size: 1000, ..Default::default() };
    let balances = ok(viewer.accounts().list_balances(request).await).balances;
    let posted = balances
        .iter()
        .map(|b| Decimal::parse(&b.balance.as_ref().unwrap().posted).unwrap().to_units(2).unwrap());
    posted.filter(|cents| *cents > 0).sum()
}

/// Lines at or after this one wait in the database, so that no import gets to its end before it is cut.
async fn wall(server: &Server, line: u64) {
    server
        .database
        .sql(&format!(
            "CREATE TABLE IF NOT EXISTS public.wall (amount numeric);
             GRANT SELECT ON public.wall TO PUBLIC;
             DELETE FROM public.wall;
             INSERT INTO public.wall VALUES ({line} / 100.0);
             CREATE OR REPLACE FUNCTION public.wait_at_wall() RETURNS trigger
               LANGUAGE plpgsql SECURITY DEFINER AS
               $$ BEGIN
                    WHILE EXISTS (SELECT 1 FROM public.wall WHERE amount <= NEW.amount) LOOP
                      PERFORM pg_sleep(0.02);
                    END LOOP;
                    RETURN NEW;
                  END $$;
             CREATE OR REPLACE TRIGGER wait_at_wall BEFORE INSERT ON bursar.ledger_transfer
               FOR EACH ROW EXECUTE FUNCTION public.wait_at_wall()"
        ))
        .await;
}

async fn lift(server: &Server) {
    server.database.sql("DELETE FROM public.wall").await;
}

/// Waits until the import stands at the wall: it has settled all but what is on its way.
async fn until_at(bank: &Bank, line: u64) -> u64 {
    let near = line - 5 * BATCH;
    within(Duration::from_mins(2), "lines settled", async || bank.settled() >= near).await;
    let settled = bank.settled();
    assert!(settled < line, "line {line} waits, and {settled} is settled");
    settled
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_kill_nine_it_goes_on_where_it_was() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (bank, key) = (Bank::new(), &tenant.operator.key_text);
    // Cut twice: the second run goes on with the first one's journal and report.
    for cut in [LINES / 3, LINES * 2 / 3] {
        wall(&server, cut).await;
        let mut child = bank.spawn(server.port(), key);
        until_at(&bank, cut).await;
        child.kill().unwrap();
        child.wait().unwrap();
        lift(&server).await;
    }
    let settled = bank.settled();
    let ran = bank.finish(server.port(), key, &[]).await;
    let summary = ran.json(1);
    assert_eq!(summary["resumed_after_line"].as_u64(), Some(settled), "{summary}");
    assert!(ran.err().contains(&format!("goes on after line {settled}")), "{}", ran.err());
    // Only what was on its way at a cut was sent again.
    let replayed = summary["replayed"].as_u64().unwrap();
    assert!(replayed <= 2 * 5 * BATCH, "{replayed} were sent again");
    bank.assert_whole(&tenant, &summary).await;

    // It is over: the same command again is an import from the first line, all of it there already.
    let again = bank.finish(server.port(), key, &[]).await.json(1);
    assert_eq!((again["posted"].as_u64(), again["replayed"].as_u64()), (Some(0), Some(bank.good)));
    assert_eq!(again["resumed_after_line"], Value::Null);
    bank.assert_whole(&tenant, &again).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_the_server_was_gone_it_goes_on_where_it_was() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let (bank, key) = (Bank::new(), &tenant.operator.key_text);
    let proxy = Proxy::start(server.port()).await;
    wall(&server, LINES / 2).await;
    let child = bank.spawn(proxy.port, key);
    until_at(&bank, LINES / 2).await;
    // What was sent is posted, and no answer comes back.
    proxy.lose_answers();
    lift(&server).await;
    let output = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap());
    let ran = Ran(output.await.unwrap());
    let error = ran.error(4);
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("goes on where this one stopped"), "{error}");
    let settled = bank.settled();
    let summary = bank.finish(server.port(), key, &[]).await.json(1);
    assert_eq!(summary["resumed_after_line"].as_u64(), Some(settled), "{summary}");
    assert_ne!(summary["replayed"], 0, "what had no answer was there: {summary}");
    bank.assert_whole(&tenant, &summary).await;
}

/// What comes through a pipe can be read once only.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pipe_is_imported_without_a_journal() {
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let bank = Bank::new();
    std::fs::write(bank.path("map.toml"), format!("format = \"csv\"\n{MAP}")).unwrap();
    let mut command = program(Some(&server), &tenant.operator.key_text);
    command
        .args(["import", "transfers", "/dev/stdin", "--report", "/dev/null", "--output", "json"])
        .args(["--map".as_ref(), bank.path("map.toml").as_os_str()]);
    let mut cat = std::process::Command::new("cat");
    let mut cat = cat.arg(bank.path("bank.csv")).stdout(Stdio::piped()).spawn().unwrap();
    command.stdin(cat.stdout.take().unwrap());
    let summary = run(command).await.json(1);
    assert!(cat.wait().unwrap().success());
    assert_eq!(summary["posted"].as_u64(), Some(bank.good), "{summary}");
    assert_eq!(summary["refused"].as_u64(), Some(bank.bad), "{summary}");
    assert!(!Path::new("/dev/stdin.progress").exists());
}

/// Whatever makes the journal wrong, it is not believed: everything is sent again and nothing doubled.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_journal_that_does_not_fit_is_not_used() {
    let server = Server::start().await;
    let (tenant, other) = (server.tenant().await, server.tenant().await);
    let (bank, key) = (Bank::new(), &tenant.operator.key_text);
    wall(&server, LINES / 3).await;
    let mut child = bank.spawn(server.port(), key);
    until_at(&bank, LINES / 3).await;
    child.kill().unwrap();
    child.wait().unwrap();
    lift(&server).await;
    let journal = std::fs::read(bank.journal()).unwrap();
    let report = std::fs::read(bank.path("refused.csv")).unwrap();
    let put_back = |path: &Path, bytes: &[u8]| std::fs::write(path, bytes).unwrap();

    // Another tenant has none of it.
    let summary = bank.finish(server.port(), &other.operator.key_text, &[]).await.json(1);
    assert_eq!(summary["resumed_after_line"], Value::Null, "{summary}");
    bank.assert_whole(&other, &summary).await;

    // It says that something is there which is not, as after a restore of the database.
    let mut forged: Value = serde_json::from_slice(&journal).unwrap();
    forged["witnesses"][0] = bursar_testkit::id().into();
    put_back(&bank.journal(), &serde_json::to_vec(&forged).unwrap());
    put_back(&bank.path("refused.csv"), &report);
    let ran = bank.finish(server.port(), key, &[]).await;
    assert!(ran.err().contains("restored from a backup"), "{}", ran.err());
    let summary = ran.json(1);
    assert_eq!(summary["resumed_after_line"], Value::Null, "{summary}");
    bank.assert_whole(&tenant, &summary).await;

    // Its report is gone; it is asked for to begin anew; it is no journal.
    for (bytes, keep_report, args) in [
        (&journal[..], false, &[][..]),
        (&journal, true, &["--restart"]),
        (b"{\"version\": 1", true, &[]),
    ] {
        put_back(&bank.journal(), bytes);
        if keep_report {
            put_back(&bank.path("refused.csv"), &report);
        } else {
            std::fs::remove_file(bank.path("refused.csv")).unwrap();
        }
        let summary = bank.finish(server.port(), key, args).await.json(1);
        assert_eq!(summary["resumed_after_line"], Value::Null, "{summary}");
        bank.assert_whole(&tenant, &summary).await;
    }

    // The mapping changed: other transfers.
    put_back(&bank.journal(), &journal);
    put_back(&bank.path("refused.csv"), &report);
    put_back(&bank.path("map.toml"), MAP.replace("\"resume\"", "\"again\"").as_bytes());
    let summary = bank.finish(server.port(), key, &[]).await.json(1);
    assert_eq!((&summary["resumed_after_line"], &summary["replayed"]), (&Value::Null, &0.into()));
}
