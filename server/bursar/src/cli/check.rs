//! `bursar check`: whether what belongs together is there.

use super::client::Client;
use super::failure::Failure;
use super::json::json;
use super::output::Out;
use crate::config::{Config, Purpose};
use bursar_proto::trace::v1::ListOrphansRequest;
use clap::Subcommand;

/// Check that what belongs together is there
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Find links of the money trace whose transfer or resource is gone, and transfers that lack theirs
    ///
    /// Needs a key of an admin or an auditor. Exit code 1 says that there are such.
    #[command(after_help = "Example:\n  bursar check orphans")]
    Orphans,
}

pub(crate) async fn run(command: Command, out: Out) -> Result<(), Failure> {
    let Command::Orphans = command;
    let config = Config::from_env(Purpose::Client)?;
    let mut traces = Client::from_config(&config).await?.traces();
    let (mut found, mut page_token) = (Vec::new(), String::new());
    loop {
        let page = traces.list_orphans(ListOrphansRequest { page_token }).await?.into_inner();
        for orphan in &page.orphans {
            let link = orphan.link.clone().unwrap_or_default();
            let resource = link.resource.unwrap_or_default();
            let kind = resource.kind().as_str_name().trim_start_matches("TRACE_KIND_");
            let gone = [
                (orphan.transfer_gone, "transfer"),
                (orphan.resource_gone, "resource"),
                (orphan.link_missing, "link"),
            ];
            let gone: Vec<_> =
                gone.iter().filter(|(gone, _)| *gone).map(|(_, what)| *what).collect();
            out.line(&format!(
                "{} {}  transfer {}  gone: {}",
                kind.to_lowercase(),
                resource.id,
                link.transfer_id,
                gone.join(", ")
            ))?;
            found.push(json("bursar.trace.v1.TraceOrphan", orphan)?);
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let count = found.len();
    out.whole(&found.into())?;
    match count {
        0 => out.line("No orphans."),
        _ => Err(Failure::failed(format!(
            "{count} orphans found; `bursar audit verify` tells whether rows were deleted"
        ))),
    }
}
