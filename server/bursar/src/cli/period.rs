//! `bursar period`: closed periods of the caller's tenant.

use super::client::{Client, RequestId, named};
use super::failure::Failure;
use super::json::{json, json_all};
use super::output::Out;
use crate::config::{Config, Purpose};
use bursar_proto::ledger::v1::{ClosePeriodRequest, ListPeriodsRequest};
use clap::Subcommand;
use jiff::civil::Date;

const MESSAGE: &str = "bursar.ledger.v1.Period";

/// Close accounting periods, and see which are closed
///
/// A closed period is closed for good: nothing is dated into it any more, and the statements of its days are the same
/// bytes whenever they are asked for.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Close all days through one, for good
    ///
    /// Needs an admin's key. The period begins with the day after the one closed before. The day must be over in UTC.
    /// Postings under way are waited for; from then on a value date in the period is refused with PERIOD_CLOSED.
    #[command(
        after_help = "Examples:\n  bursar period close 2026-01-31 --dry-run\n  bursar period close 2026-01-31"
    )]
    Close {
        /// The last day of the period
        #[arg(value_name = "DAY")]
        ends_on: Date,
        /// Check everything, change nothing
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        request_id: RequestId,
    },
    /// List closed periods, the latest first
    ///
    /// Needs any key of the tenant.
    #[command(after_help = "Example:\n  bursar period list")]
    List,
}

pub(crate) async fn run(command: Command, out: Out) -> Result<(), Failure> {
    let config = Config::from_env(Purpose::Client)?;
    let mut periods = Client::from_config(&config).await?.periods();
    match command {
        Command::Close { ends_on, dry_run, request_id } => {
            let request_id = request_id.get();
            let request = ClosePeriodRequest {
                request_id: request_id.clone(),
                ends_on: ends_on.to_string(),
                validate_only: dry_run,
            };
            let reply = periods.close_period(request).await.map_err(named(&request_id))?;
            out.object(&json(MESSAGE, &reply.into_inner().period.unwrap_or_default())?)
        }
        Command::List => {
            let mut request = ListPeriodsRequest { page_size: 1_000, page_token: String::new() };
            let mut found = Vec::new();
            loop {
                let page = periods.list_periods(request.clone()).await?.into_inner();
                found.extend(page.periods);
                if page.next_page_token.is_empty() {
                    break;
                }
                request.page_token = page.next_page_token;
            }
            let columns = ["starts_on", "ends_on", "closed_at", "key_id"];
            out.table(&json_all(MESSAGE, &found)?, &columns)
        }
    }
}
