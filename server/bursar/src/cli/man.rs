//! `bursar man`: the pages of the manual, made of the help.

use super::failure::Failure;
use super::help::sections;
use super::output::Out;
use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Write the pages of the manual
///
/// With a directory it writes a page for every command into it, which `man` then finds there:
/// `man -M` wants them in a directory man1 of that directory. Without one it prints the page of bursar itself.
/// It needs no server and changes nothing else.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  bursar man | man -l -
  bursar man /usr/local/share/man/man1")]
pub(crate) struct Args {
    /// Directory to write to; made when it is not there
    dir: Option<PathBuf>,
}

pub(crate) fn run(args: &Args, mut command: Command, out: Out) -> Result<(), Failure> {
    command = command.disable_help_subcommand(true);
    command.build();
    let Some(dir) = &args.dir else {
        let page = String::from_utf8_lossy(&page(&command, &[], &[])?).into_owned();
        return out.show(&json!({"page": page}), page.trim_end());
    };
    let failed =
        |e: std::io::Error| Failure::failed(format!("cannot write to {}: {e}", dir.display()));
    std::fs::create_dir_all(dir).map_err(failed)?;
    let mut written = Vec::new();
    write(&command, dir, &[], &[], &mut written)?;
    out.show(
        &json!({"directory": dir, "pages": written}),
        &format!("wrote {} pages to {}", written.len(), dir.display()),
    )
}

fn write(
    command: &Command,
    dir: &Path,
    above: &[String],
    siblings: &[String],
    written: &mut Vec<String>,
) -> Result<(), Failure> {
    let mut path = above.to_vec();
    path.push(command.get_name().to_owned());
    let name = format!("{}.1", path.join("-"));
    let file = dir.join(&name);
    std::fs::write(&file, page(command, above, siblings)?)
        .map_err(|e| Failure::failed(format!("cannot write {}: {e}", file.display())))?;
    written.push(name);
    let names: Vec<_> = command.get_subcommands().map(|c| c.get_name().to_owned()).collect();
    let mut below = command.get_subcommands().filter(|c| !c.is_hide_set());
    below.try_for_each(|command| write(command, dir, &path, &names, written))
}

/// A page. The sections below the options keep their lines as they are.
fn page(command: &Command, above: &[String], siblings: &[String]) -> Result<Vec<u8>, Failure> {
    let mut path = above.to_vec();
    path.push(command.get_name().to_owned());
    let man = Man::new(command.clone())
        .title(path.join("-"))
        .source(format!("bursar {}", env!("CARGO_PKG_VERSION")))
        .manual("Bursar");
    let mut page = Vec::new();
    let mut rest = Roff::new();
    for (heading, text) in sections(command, &path, siblings) {
        rest.control("SH", [heading.to_uppercase().as_str()]);
        rest.control("nf", []);
        for line in text.lines() {
            let variable = !line.starts_with("   ") && heading.starts_with("Environment");
            rest.text([if variable { bold(line) } else { roman(line) }]);
        }
        rest.control("fi", []);
    }
    let render = |page: &mut Vec<u8>| -> std::io::Result<()> {
        man.render_title(page)?;
        man.render_name_section(page)?;
        man.render_synopsis_section(page)?;
        man.render_description_section(page)?;
        if command.get_arguments().any(|argument| !argument.is_hide_set()) {
            man.render_options_section(page)?;
        }
        if command.has_subcommands() {
            man.render_subcommands_section(page)?;
        }
        rest.to_writer(page)
    };
    render(&mut page).map_err(|e| Failure::failed(format!("cannot make the page: {e}")))?;
    Ok(page)
}
