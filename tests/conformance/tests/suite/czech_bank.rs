//! A year of a real bank through gRPC: every customer's balance at every month end, to the last digit.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use bursar_domain::money::Decimal;
use bursar_proto::ledger::v1::get_balance_request::AsOf;
use bursar_proto::ledger::v1::{
    AccountFilter, GetBalanceRequest, ListAccountsRequest, ListBalancesRequest,
};
use bursar_testkit::{Caller, Server, binary};
use flate2::read::GzDecoder;
use jiff::civil::{Date, date};
use tokio::task::JoinSet;

/// Hellers: the file has two decimal places.
const SCALE: u8 = 2;
/// How far the bank's printed balance may be off, in hellers: its own float rounding.
const PRINTED_TOLERANCE: i128 = 100;

/// What the file says of one customer.
#[derive(Default)]
struct Customer {
    /// Movements by day.
    days: BTreeMap<Date, i128>,
    /// Balances printed on each day, in no order that means anything.
    printed: BTreeMap<Date, Vec<i128>>,
}

impl Customer {
    fn exact(&self, until: Date) -> i128 {
        self.days.range(..=until).map(|(_, amount)| amount).sum()
    }

    /// The balances printed on the last day with a movement.
    fn printed(&self, until: Date) -> &[i128] {
        self.printed.range(..=until).next_back().map_or(&[], |(_, printed)| printed)
    }
}

fn data() -> Option<PathBuf> {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/czech-bank-1993.csv.gz");
    path.exists().then_some(path)
}

/// The file, read without any of the code under test but the decimal.
fn read(path: &Path) -> BTreeMap<String, Customer> {
    let mut text = String::new();
    GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    let mut customers: BTreeMap<String, Customer> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let columns: Vec<&str> = line.split(',').map(|column| column.trim_matches('"')).collect();
        let hellers = |text: &str| Decimal::parse(text).unwrap().to_units(SCALE).unwrap();
        let (year, rest) = columns[2].split_at(2);
        let (month, day) = rest.split_at(2);
        let day =
            date(1900 + year.parse::<i16>().unwrap(), month.parse().unwrap(), day.parse().unwrap());
        let amount = match columns[3] {
            "PRIJEM" => hellers(columns[5]),
            "VYDAJ" | "VYBER" => -hellers(columns[5]),
            other => panic!("unknown type {other}"),
        };
        let customer = customers.entry(columns[1].to_owned()).or_default();
        *customer.days.entry(day).or_default() += amount;
        customer.printed.entry(day).or_default().push(hellers(columns[6]));
    }
    customers
}

fn month_ends() -> Vec<Date> {
    (1..=12).map(|month| date(1993, month, 1).last_of_month()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_year_of_a_real_bank_balances_to_the_last_digit() {
    let Some(path) = data() else {
        // Straight to stderr: the test harness hides what a passing test prints.
        use std::io::Write as _;
        writeln!(std::io::stderr(), "skipped: ../shared/data/czech-bank-1993.csv.gz is not here")
            .unwrap();
        return;
    };
    let customers = read(&path);
    let server = Server::start().await;
    let tenant = server.tenant().await;
    let first = import(&server, &tenant.operator, &path).await;
    let rows: usize = first["lines"].as_u64().unwrap().try_into().unwrap();
    assert_eq!(
        (rows, first["posted"].as_u64(), first["refused"].as_u64()),
        (28_205, Some(28_205), Some(0)),
        "{first}"
    );

    let accounts = accounts(&tenant.viewer).await;
    let mut checks = JoinSet::new();
    for (number, customer) in customers {
        let account = accounts[&format!("customer:{number}")].clone();
        let viewer = tenant.viewer.clone();
        if checks.len() >= 16 {
            checks.join_next().await.unwrap().unwrap();
        }
        checks.spawn(async move { check(&viewer, &number, &account, &customer).await });
    }
    while let Some(checked) = checks.join_next().await {
        checked.unwrap();
    }
    assert_eq!(sum_of_all(&tenant.viewer).await, 0, "the sum over all accounts");

    let again = import(&server, &tenant.operator, &path).await;
    assert_eq!(
        (again["posted"].as_u64(), again["replayed"].as_u64()),
        (Some(0), Some(28_205)),
        "{again}"
    );
    assert_eq!(sum_of_all(&tenant.viewer).await, 0, "after the second import");
}

/// Runs `bursar import transfers` as an operator would, and returns what it reports.
async fn import(server: &Server, operator: &Caller, path: &Path) -> serde_json::Value {
    let map = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/czech-bank.toml");
    let mut command = Command::new(binary());
    command
        .args(["import", "transfers", "--output", "json", "--report", "/dev/null", "--map"])
        .args([map.as_path(), path])
        .env("BURSAR_URL", format!("http://127.0.0.1:{}", server.port()))
        .env("BURSAR_API_KEY", &operator.key_text);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Ids of all accounts by their external reference.
async fn accounts(viewer: &Caller) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut page_token = String::new();
    loop {
        let request = ListAccountsRequest { page_size: 1000, page_token, ..Default::default() };
        let page = viewer.accounts().list_accounts(request).await.unwrap().into_inner();
        found.extend(page.accounts.into_iter().map(|a| (a.external_reference, a.id)));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return found;
        }
    }
}

async fn check(viewer: &Caller, number: &str, account: &str, customer: &Customer) {
    let mut client = viewer.accounts();
    for end in month_ends() {
        let as_of = Some(AsOf::ValueDate(end.to_string()));
        let request = GetBalanceRequest { account_id: account.to_owned(), as_of };
        let balance = client.get_balance(request).await.unwrap().into_inner().balance.unwrap();
        let posted = Decimal::parse(&balance.posted).unwrap().to_units(SCALE).unwrap();
        assert_eq!(posted, customer.exact(end), "customer {number} at {end}");
        let printed = customer.printed(end);
        let near = printed.iter().any(|printed| (printed - posted).abs() <= PRINTED_TOLERANCE);
        assert!(
            near || printed.is_empty(),
            "customer {number} at {end}: {posted}, printed {printed:?}"
        );
    }
}

async fn sum_of_all(viewer: &Caller) -> i128 {
    let mut sum = 0;
    let mut page_token = String::new();
    loop {
        let filter = Some(AccountFilter { asset: "CZK".into(), ..Default::default() });
        let request = ListBalancesRequest { filter, page_size: 1000, page_token };
        let page = viewer.accounts().list_balances(request).await.unwrap().into_inner();
        for balance in page.balances {
            sum +=
                Decimal::parse(&balance.balance.unwrap().posted).unwrap().to_units(SCALE).unwrap();
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return sum;
        }
    }
}
