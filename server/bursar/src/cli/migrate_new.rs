//! `bursar migrate new`: the files of a migration yet to be written, in a checkout.

use super::failure::Failure;
use super::output::Out;
use jiff::Timestamp;
use serde_json::json;
use std::path::PathBuf;

/// Write the two files of a new migration into a checkout of Bursar
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Works on files; needs no database.

Example:
  bursar migrate new \"Add escrow positions\"")]
pub(crate) struct Args {
    /// What it is for, in one line; `migrate status` shows it
    message: String,
    /// The folder of the migrations; migrations/sql of the working directory or one above it when not given
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

pub(crate) fn run(args: &Args, out: Out) -> Result<(), Failure> {
    let folder = args.dir.clone().or_else(checkout).ok_or_else(|| {
        Failure::usage(
            "no folder migrations/sql here or above: run this in a checkout of Bursar, or name the folder with --dir",
        )
    })?;
    let now = Timestamp::now().strftime("%Y%m%d%H%M%S").to_string();
    let version = now.parse().map_err(|e| Failure::failed(format!("{now} is no version: {e}")))?;
    let made = bursar_migrations::revision(&folder, version, &args.message)?;
    let (up, down) = (made.up.display(), made.down.display());
    out.show(
        &json!({
            "version": made.version,
            "name": made.name,
            "message": args.message.trim(),
            "up": made.up,
            "down": made.down,
        }),
        &format!(
            "wrote {up}\nwrote {down}\nnext: write them, add `step!({version}, \"{}\"),` to \
             migrations/src/embedded.rs,\nand renew migrations/schema.sql as migrations/README.md says",
            made.name
        ),
    )
}

/// The nearest `migrations/sql`, from the working directory upward.
fn checkout() -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    here.ancestors().map(|folder| folder.join("migrations/sql")).find(|folder| folder.is_dir())
}
