//! Comments of the protos, and what Markdown makes of them.

use prost_reflect::{DescriptorPool, FileDescriptor};

use crate::api::OWN;

/// The comment that leads an element of a file, on one line. Everything in the contract has one.
pub(crate) fn comment(file: &FileDescriptor, path: &[i32], name: &str) -> Result<String, String> {
    let source = file.file_descriptor_proto().source_code_info.as_ref();
    let locations = source.map_or(&[][..], |source| &source.location);
    let found = locations.iter().find(|location| location.path == path);
    let words: Vec<&str> =
        found.map_or("", |found| found.leading_comments()).split_whitespace().collect();
    if words.is_empty() {
        return Err(format!("{name} has no comment: say in {} what it is", file.name()));
    }
    Ok(words.join(" "))
}

/// A comment as Markdown: what stands in backticks as it is, the rest without any other markup.
pub(crate) fn inline(text: &str) -> String {
    let parts = text
        .split('`')
        .enumerate()
        .map(|(at, part)| if at % 2 == 1 { part.to_owned() } else { plain(part) });
    parts.collect::<Vec<_>>().join("`")
}

fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => plain.push_str("&lt;"),
            '*' | '[' | ']' | '\\' => plain.extend(['\\', c]),
            _ => plain.push(c),
        }
    }
    plain
}

/// One row of a table. A pipe would end its cell, in code too.
pub(crate) fn row<S: AsRef<str>>(cells: &[S]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| cell.as_ref().replace('|', "\\|")).collect();
    format!("| {} |\n", cells.join(" | "))
}

/// The first two lines of a table.
pub(crate) fn head<S: AsRef<str>>(titles: &[S]) -> String {
    format!("{}|{}\n", row(titles), "---|".repeat(titles.len()))
}

/// The heading of a service, RPC, message or enum: with its domain where two domains have one of that name.
pub(crate) fn title(pool: &DescriptorPool, full_name: &str) -> String {
    let last = |name: &str| name.rsplit('.').next().unwrap_or_default().to_lowercase();
    let services = pool.services().map(|service| service.full_name().to_owned());
    let rpcs = pool.services().flat_map(|service| {
        service.methods().map(|method| method.full_name().to_owned()).collect::<Vec<_>>()
    });
    let messages = pool.all_messages().map(|message| message.full_name().to_owned());
    let enums = pool.all_enums().map(|list| list.full_name().to_owned());
    let mut alike = services.chain(rpcs).chain(messages).chain(enums).filter(|other| {
        other.starts_with(OWN) && other != full_name && last(other) == last(full_name)
    });
    let mut parts = full_name.split('.');
    let (domain, name) = (parts.nth(1).unwrap_or_default(), parts.next_back().unwrap_or_default());
    if alike.next().is_some() { format!("{name} ({domain})") } else { name.to_owned() }
}

/// The anchor that GitHub gives a heading.
pub(crate) fn anchor(heading: &str) -> String {
    heading.to_lowercase().replace(' ', "-").replace(['(', ')'], "")
}

#[cfg(test)]
mod tests {
    use super::*;

    const DESCRIPTORS: &[u8] = include_bytes!("../../src/gen/descriptor.binpb");

    #[test]
    fn markup_of_a_comment_is_text_outside_of_code() {
        assert_eq!(
            inline("a <b> *c* [d], `<key>` and `a[i]`"),
            "a &lt;b> \\*c\\* \\[d\\], `<key>` and `a[i]`"
        );
    }

    #[test]
    fn what_two_domains_have_is_told_apart() {
        let pool = DescriptorPool::decode(DESCRIPTORS).unwrap();
        assert_eq!(title(&pool, "bursar.escrow.v1.AssetService"), "AssetService (escrow)");
        assert_eq!(title(&pool, "bursar.ledger.v1.Asset"), "Asset (ledger)");
        assert_eq!(title(&pool, "bursar.ledger.v1.Account"), "Account");
        assert_eq!(anchor("AssetService (escrow)"), "assetservice-escrow");
    }

    #[test]
    fn a_cell_keeps_its_pipes() {
        assert_eq!(row(&["a|b", "`c|d`"]), "| a\\|b | `c\\|d` |\n");
        assert_eq!(head(&["a", "b"]), "| a | b |\n|---|---|\n");
    }
}
