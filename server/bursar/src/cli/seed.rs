//! `bursar demo`: data to look at and to develop against.

use super::client::Client;
use super::demo::{self, KEY_FILE};
use super::demo_lines::{KeyFrom, Scene, lines};
use super::failure::Failure;
use super::output::Out;
use crate::config::{Config, Purpose};
use crate::local::data_dir;
use crate::seed::{Plan, Seeding, customer};
use bursar_proto::admin::v1::WhoAmIRequest;
use bursar_proto::common::v1::Role;
use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Make data to try things with
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Seed(Args),
}

/// Fill a tenant with believable data of every domain
///
/// Makes customers, merchants and the house's bank, fee and exchange accounts in EUR, USD, BTC and points; then,
/// month by month up to December 2025, pay, rent, fees, payments between customers, exchanges, and card payments as
/// holds that are posted whole or in parts, voided, refunded, left open or left to expire. Everything has a value
/// date, a code, an external reference and attributes where they belong.
///
/// With a tenant's key (an admin's) it fills that tenant. With a key of the platform it makes the tenant \"Demo\"
/// and writes its key to a file, or goes on with the tenant of the key that it finds there.
///
/// All choices follow from --seed: the same seed again changes nothing, more --customers or --months only add, and
/// another seed is another set beside it. A cut run is gone on with by the same command. Nothing takes the data
/// away again but `bursar tenant delete --force`: never seed a tenant that real business is in.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  BURSAR_API_KEY_FILE=platform.key bursar demo seed --key-file demo.key
  BURSAR_API_KEY_FILE=demo.key bursar demo seed --customers 200 --months 12")]
pub(crate) struct Args {
    /// Number that all choices follow from
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// How many customers
    #[arg(long, value_name = "NUMBER", default_value_t = 50, value_parser = clap::value_parser!(u16).range(2..=9999))]
    customers: u16,
    /// How many months, counted back from December 2025
    #[arg(long, value_name = "NUMBER", default_value_t = 6, value_parser = clap::value_parser!(u8).range(1..=60))]
    months: u8,
    /// File of the demo tenant's key, with a key of the platform; demo.key in BURSAR_DATA_DIR when not given
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
}

pub(crate) async fn run(command: Command, out: Out) -> Result<(), Failure> {
    let Command::Seed(args) = command;
    let config = Config::from_env(Purpose::Client)?;
    let given = Client::from_config(&config).await?;
    let who = given.server().who_am_i(WhoAmIRequest {}).await?.into_inner();
    let (client, key_file) = match who.role() {
        Role::Platform => {
            let file = args.key_file.unwrap_or_else(|| data_dir(&config).join(KEY_FILE));
            (tenant(&config.url, &given, &file).await?, Some(file))
        }
        Role::Admin if args.key_file.is_some() => {
            return Err(Failure::usage(
                "--key-file is for a key of the platform, which makes a tenant; with a tenant's key leave it out",
            ));
        }
        Role::Admin => (given, None),
        role => {
            return Err(Failure::usage(format!(
                "the key is of role {}; it takes an admin's key of the tenant to fill, or a key of the platform",
                role.as_str_name().trim_start_matches("ROLE_").to_lowercase()
            )));
        }
    };
    let who = client.server().who_am_i(WhoAmIRequest {}).await?.into_inner();
    let plan = Plan { seed: args.seed, customers: args.customers, months: args.months };
    let bar = bar();
    let mut tell = |done: usize, all: usize| {
        bar.set_length(all as u64);
        bar.set_position(done as u64);
    };
    let started = Instant::now();
    let made = Seeding::new(client, plan, &mut tell).run().await;
    bar.finish_and_clear();
    let made = made.map_err(|mut failure| {
        failure.message.push_str("\n  what was made stays; the same command again goes on with it");
        failure
    })?;
    let seconds = started.elapsed().as_secs_f64();
    let [first, second] = [0, 1].map(|number| plan.account(&customer(number, "EUR")));
    let text = lines(&Scene {
        ready: format!("The tenant {} is ready.", who.tenant_name),
        url: &config.url,
        key: key_file.as_deref().map_or(KeyFrom::Environment, KeyFrom::File),
        payer: &first,
        payee: &second,
        asset: "EUR",
    });
    let months = plan.months();
    let from = months.first().map(ToString::to_string).unwrap_or_default();
    let to = months.last().map(|last| last.last_of_month().to_string()).unwrap_or_default();
    let new = made.transfers - made.replayed;
    out.show(
        &json!({
            "tenant_id": who.tenant_id, "tenant_name": who.tenant_name, "key_file": key_file,
            "seed": plan.seed, "customers": plan.customers, "from": from, "to": to,
            "accounts": made.accounts, "transfers": made.transfers, "replayed": made.replayed,
            "seconds": seconds, "account_ids": [first, second],
        }),
        &format!(
            "{} accounts and {} transfers from {from} to {to} in {seconds:.1} s: {new} new, {} were there\n\n{text}",
            made.accounts, made.transfers, made.replayed
        ),
    )
}

/// The tenant of the key in the file, else a new one.
async fn tenant(url: &str, platform: &Client, file: &Path) -> Result<Client, Failure> {
    if let Some(client) = demo::existing(url, file).await? {
        return Ok(client);
    }
    if file.exists() {
        return Err(Failure::usage(format!(
            "the key in {} is not valid on this server; remove the file, or name another with --key-file",
            file.display()
        )));
    }
    demo::create(platform, file).await
}

fn bar() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} transfers (left {eta})") {
        bar.set_style(style);
    }
    bar
}
