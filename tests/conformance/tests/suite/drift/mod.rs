//! `bursar migrate diff` names what was done to a database by hand, and nothing else.

mod by_hand;
mod roles;
mod tenants;
mod versions;

use std::process::Output;

use bursar_migrations::drift;
use bursar_testkit::{Database, binary};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::process::Command;

/// What differs, a line each.
async fn told(url: &SecretString) -> Vec<String> {
    drift(url).await.unwrap().iter().map(ToString::to_string).collect()
}

/// Does it all by hand, and compares what is told with what is expected, in whatever order.
async fn assert_told(database: &Database, cases: &[(&str, &[&str])]) {
    for (by_hand, _) in cases {
        database.sql(by_hand).await;
    }
    let mut found = told(&database.admin_url).await;
    let mut expected: Vec<&str> = cases.iter().flat_map(|(_, lines)| *lines).copied().collect();
    found.sort();
    expected.sort_unstable();
    assert_eq!(found, expected);
}

/// Runs the program as an operator does, with nothing else in its environment.
async fn bursar(url: &SecretString, args: &[&str]) -> Output {
    let mut command = Command::new(binary());
    command.env_clear().env("BURSAR_OWNER_URL", url.expose_secret()).args(args);
    command.output().await.unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}
