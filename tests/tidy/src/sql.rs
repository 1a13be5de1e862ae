//! SQL text as the rules see it: without comments, values and function bodies, and cut into statements.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::line_at;
use crate::re;
use crate::rust::{blank, text};

/// What begins and ends a function body.
static TAG: LazyLock<Regex> = LazyLock::new(|| re(r"^\$(?:[A-Za-z_]\w*)?\$"));

/// A statement, or a part of one.
#[derive(Debug, Clone)]
pub struct Part {
    /// Its line, from 1.
    pub line: usize,
    /// It without comments, values and function bodies, on one line.
    pub text: String,
    /// It as written.
    pub raw: String,
    /// Without comments, values and function bodies, as long as `raw`.
    scrubbed: String,
}

impl Part {
    fn of(source: &str, scrubbed: &str, range: Range<usize>, before: usize) -> Option<Self> {
        let lead = scrubbed[range.clone()].len() - scrubbed[range.clone()].trim_start().len();
        let range = range.start + lead..range.end;
        let scrubbed_part = scrubbed[range.clone()].to_owned();
        let text = collapse(&scrubbed_part);
        let line = before + line_at(source, range.start) - 1;
        (!text.is_empty()).then(|| Self {
            line,
            text,
            raw: source[range].to_owned(),
            scrubbed: scrubbed_part,
        })
    }
}

/// White space becomes one blank, none at the ends.
pub fn collapse(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// SQL with blanks for comments and what stands between quotes, and for function bodies unless they are asked for.
pub fn scrub(source: &str, with_bodies: bool) -> String {
    let mut out = source.as_bytes().to_vec();
    let mut at = 0;
    while let Some(rest) = source.get(at..).filter(|rest| !rest.is_empty()) {
        let to = |mark: &str, skip: usize| {
            rest.get(skip..)
                .and_then(|rest| rest.find(mark))
                .map_or(source.len(), |len| at + skip + len)
        };
        if rest.starts_with("--") {
            let end = to("\n", 0);
            blank(&mut out, at..end);
            at = end;
        } else if rest.starts_with("/*") {
            let end = (to("*/", 2) + 2).min(source.len());
            blank(&mut out, at..end);
            at = end;
        } else if rest.starts_with('\'') {
            let end = to("'", 1);
            blank(&mut out, at + 1..end);
            at = end + 1;
        } else if !with_bodies
            && rest.starts_with('$')
            && let Some(tag) = TAG.find(rest)
        {
            let end = to(tag.as_str(), tag.len());
            blank(&mut out, at + tag.len()..end);
            at = end + tag.len();
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    text(out)
}

/// The statements of a file.
pub fn statements(source: &str) -> Vec<Part> {
    let scrubbed = scrub(source, false);
    cut(&scrubbed, b';')
        .into_iter()
        .filter_map(|range| Part::of(source, &scrubbed, range, 1))
        .collect()
}

/// What commas part in the first brackets of a statement; with `bare`, in the statement itself.
pub fn parts(whole: &Part, bare: bool) -> Vec<Part> {
    let inner = if bare { 0..whole.scrubbed.len() } else { brackets(&whole.scrubbed) };
    let (raw, scrubbed) = (&whole.raw[..inner.end], &whole.scrubbed[..inner.end]);
    let cuts = cut(&scrubbed[inner.start..], b',').into_iter();
    cuts.map(|cut| inner.start + cut.start..inner.start + cut.end)
        .filter_map(|range| Part::of(raw, scrubbed, range, whole.line))
        .collect()
}

fn brackets(scrubbed: &str) -> Range<usize> {
    let start = scrubbed.find('(').map_or(scrubbed.len(), |at| at + 1);
    let mut depth = 1_u32;
    let close = scrubbed.bytes().enumerate().skip(start).find(|(_, byte)| {
        depth = depth + u32::from(*byte == b'(') - u32::from(*byte == b')');
        depth == 0
    });
    start..close.map_or(scrubbed.len(), |(at, _)| at)
}

/// The pieces between separators that stand in no brackets.
fn cut(scrubbed: &str, separator: u8) -> Vec<Range<usize>> {
    let (mut pieces, mut start, mut depth) = (Vec::new(), 0, 0_u32);
    for (at, byte) in scrubbed.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            _ if byte == separator && depth == 0 => {
                pieces.push(start..at);
                start = at + 1;
            }
            _ => {}
        }
    }
    pieces.push(start..scrubbed.len());
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_and_columns() {
        let found = statements(concat!(
            "-- a; b\nCREATE TABLE t (\n  a text, -- x, y\n  b numeric(1, 2) DEFAULT 'p,;q'\n) WITH (f = 1);\n",
            "DO $x$ BEGIN c; END $x$;\n\nSELECT $1 /* ; */;\n",
        ));
        let texts: Vec<_> = found.iter().map(|s| (s.line, s.text.as_str())).collect();
        let table = "CREATE TABLE t ( a text, b numeric(1, 2) DEFAULT ' ' ) WITH (f = 1)";
        assert_eq!(texts, [(2, table), (6, "DO $x$ $x$"), (8, "SELECT $1")]);
        let columns: Vec<_> =
            parts(&found[0], false).iter().map(|c| (c.line, collapse(&c.raw))).collect();
        assert_eq!(columns, [(3, "a text".into()), (4, "b numeric(1, 2) DEFAULT 'p,;q'".into())]);
        assert_eq!(parts(&found[0], true).len(), 1);
    }

    #[test]
    fn bodies_when_asked_for() {
        let body = "DO $$ BEGIN PERFORM 'x' -- y\n; END $$";
        assert_eq!(collapse(&scrub(body, true)), "DO $$ BEGIN PERFORM ' ' ; END $$");
    }
}
