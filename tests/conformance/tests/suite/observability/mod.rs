//! Traces, metrics and logs, as the tools that read them see them.

mod logs;
mod metrics;
mod prometheus;
mod round_trips;
mod trace;

use bursar_proto::ledger::v1::{Account, BalanceRule};
use bursar_testkit::{Program, TestTenant, new_account};

/// Found in no id and in no time.
const AMOUNT: &str = "7319.42";

/// A program with a tenant that has two accounts, the first of which may not go below zero.
async fn with_accounts(settings: &[(&str, &str)]) -> (Program, TestTenant, Account, Account) {
    let program = Program::start(settings).await;
    let tenant = program.tenant().await;
    let rule = BalanceRule::DebitsMustNotExceedCredits;
    let customer = new_account(&tenant.operator, "EUR", rule).await;
    let bank = new_account(&tenant.operator, "EUR", BalanceRule::Unspecified).await;
    (program, tenant, customer, bank)
}
