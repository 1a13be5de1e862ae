//! Comments of the protos, and what Markdown makes of them.

use prost_reflect::FileDescriptor;

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

/// The anchor that a heading of one word gets.
pub(crate) fn anchor(heading: &str) -> String {
    heading.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_of_a_comment_is_text_outside_of_code() {
        assert_eq!(
            inline("a <b> *c* [d], `<key>` and `a[i]`"),
            "a &lt;b> \\*c\\* \\[d\\], `<key>` and `a[i]`"
        );
    }

    #[test]
    fn a_cell_keeps_its_pipes() {
        assert_eq!(row(&["a|b", "`c|d`"]), "| a\\|b | `c\\|d` |\n");
        assert_eq!(head(&["a", "b"]), "| a | b |\n|---|---|\n");
    }
}
