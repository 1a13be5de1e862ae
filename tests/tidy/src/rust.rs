//! Rust source as the rules see it: code without comments and literals, literals by themselves, and which of it is
//! only there for tests. A small reader of tokens is enough for that, and builds at once.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::{File, line_at, re};

/// The attribute of what is only there for tests.
static TEST_ONLY: LazyLock<Regex> = LazyLock::new(|| re(r"#!?\[cfg\((?:all\()?test\b[^\]]*\]"));

/// A string literal.
#[derive(Debug)]
pub struct Literal {
    /// Its line, from 1.
    pub line: usize,
    /// What stands between its quotes, escapes as written.
    pub text: String,
    /// Whether it is only there for tests.
    pub test: bool,
}

/// A Rust file.
#[derive(Debug)]
pub struct Source {
    /// The code, with blanks for comments and what stands in literals. Every byte is where it is in the file.
    pub code: String,
    /// The same with blanks for what is only there for tests.
    pub production: String,
    /// The string literals.
    pub literals: Vec<Literal>,
}

/// Whether the path says that a file is only there for tests.
pub fn is_test_path(path: &str) -> bool {
    path.starts_with("tests/")
        || ["/tests/", "/benches/", "/examples/"].iter().any(|part| path.contains(part))
        || path.ends_with("/tests.rs")
        || path.ends_with("_tests.rs")
}

/// Reads a file.
pub fn parse(file: &File) -> Source {
    let (code, literals) = lex(&file.text);
    let whole = is_test_path(&file.path);
    let tests = if whole { std::iter::once(0..code.len()).collect() } else { test_items(&code) };
    let mut production = code.clone().into_bytes();
    for range in &tests {
        blank(&mut production, range.clone());
    }
    let literals = literals.into_iter().map(|range| Literal {
        line: line_at(&file.text, range.start),
        test: tests.iter().any(|test| test.contains(&range.start)),
        text: file.text[range].to_owned(),
    });
    Source { literals: literals.collect(), production: text(production), code }
}

/// What the item that starts at or after `from` takes: to its `;` or through its braces.
fn item(code: &str, from: usize) -> Range<usize> {
    let mut depth = 0_u32;
    for (at, byte) in code.bytes().enumerate().skip(from) {
        match byte {
            b';' if depth == 0 => return from..at + 1,
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 && byte == b'}' {
                    return from..at + 1;
                }
            }
            _ => {}
        }
    }
    from..code.len()
}

impl Source {
    /// What stands in the first braces at or after `from`.
    pub fn braces(&self, from: usize) -> Range<usize> {
        let item = item(&self.code, from);
        let open = self.code[item.clone()].find('{').map_or(item.end, |at| item.start + at + 1);
        open..item.end.saturating_sub(1).max(open)
    }
}

fn test_items(code: &str) -> Vec<Range<usize>> {
    TEST_ONLY
        .find_iter(code)
        .map(|hit| {
            if hit.as_str().starts_with("#!") {
                0..code.len()
            } else {
                hit.start()..item(code, hit.end()).end
            }
        })
        .collect()
}

/// Blanks comments and what stands in literals; tells where the string literals are.
fn lex(source: &str) -> (String, Vec<Range<usize>>) {
    let bytes = source.as_bytes();
    let mut code = bytes.to_vec();
    let mut literals = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &source[at..];
        if rest.starts_with("//") {
            let end = at + rest.find('\n').unwrap_or(rest.len());
            blank(&mut code, at..end);
            at = end;
        } else if rest.starts_with("/*") {
            let end = at + comment_len(rest);
            blank(&mut code, at..end);
            at = end;
        } else if let Some(inner) = rest.strip_prefix('"') {
            let end = at + 1 + until(inner, "\"", true);
            blank(&mut code, at + 1..end);
            literals.push(at + 1..end);
            at = end + 1;
        } else if rest.starts_with('\'') {
            let len = char_len(rest);
            blank(&mut code, at + 1..at + len.max(1));
            at += len + 1;
        } else {
            let word = rest.len()
                - rest.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_').len();
            if let Some((open, close)) = raw_quotes(&rest[..word], &rest[word..]) {
                let start = at + word + open;
                let end = start + until(&source[start..], &close, false);
                blank(&mut code, start..end);
                literals.push(start..end);
                at = end + close.len();
            } else {
                at += word.max(rest.chars().next().map_or(1, char::len_utf8));
            }
        }
    }
    (text(code), literals)
}

/// How long the opening quote after `r`, `br` or `cr` is, and the closing one.
fn raw_quotes(prefix: &str, rest: &str) -> Option<(usize, String)> {
    let hashes = rest.len() - rest.trim_start_matches('#').len();
    let opens = matches!(prefix, "r" | "br" | "cr") && rest[hashes..].starts_with('"');
    opens.then(|| (hashes + 1, format!("\"{}", "#".repeat(hashes))))
}

/// How far it is to a mark, or to the end.
fn until(rest: &str, mark: &str, escapes: bool) -> usize {
    let mut at = 0;
    while at < rest.len() && !rest.as_bytes()[at..].starts_with(mark.as_bytes()) {
        at += if escapes && rest.as_bytes()[at] == b'\\' { 2 } else { 1 };
    }
    at.min(rest.len())
}

/// How far it is from the quote of a character to its end; 0 for the quote of a lifetime.
fn char_len(rest: &str) -> usize {
    let mut chars = rest.char_indices().skip(1);
    match (chars.next(), chars.next()) {
        (Some((_, '\\')), Some((escaped, c))) => {
            let after = escaped + c.len_utf8();
            after + until(&rest[after..], "'", false)
        }
        (_, Some((end, '\''))) => end,
        _ => 0,
    }
}

fn comment_len(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let (mut depth, mut at) = (0_u32, 0);
    while at < bytes.len() {
        match &bytes[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth.saturating_sub(1), at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at.min(bytes.len())
}

/// Puts blanks, but keeps the lines.
pub(crate) fn blank(text: &mut [u8], range: Range<usize>) {
    for byte in text[range].iter_mut().filter(|byte| **byte != b'\n') {
        *byte = b' ';
    }
}

pub(crate) fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Source {
        parse(&File { path: "server/x/src/lib.rs".into(), text: text.into(), executable: false })
    }

    #[test]
    fn literals_and_comments_are_not_code() {
        let source = read(concat!(
            "let a = \"x\\\"y\"; // \"no\n",
            "let b = br#\"one \"two\" \"#; /* a /* b */ \"c\" */ let c = '\"'; let d: &'a str = b\"e\";\n",
            "let r#type = '\\''; f('é', \"ä\nö\"); rest()",
        ));
        let texts: Vec<_> = source.literals.iter().map(|l| (l.line, l.text.as_str())).collect();
        assert_eq!(texts, [(1, "x\\\"y"), (2, "one \"two\" "), (2, "e"), (3, "ä\nö")]);
        assert!(source.code.ends_with("rest()") && source.code.contains("let d: &'a str"));
        assert!(!source.code.contains("two") && !source.code.contains("no"));
        assert_eq!(source.code.lines().count(), 4);
    }

    #[test]
    fn test_items_are_not_production() {
        let source = read(concat!(
            "fn a() { x() }\n#[cfg(test)]\nuse b::{C, D};\n#[cfg(all(test, unix))]\n#[path = \"e.rs\"]\nmod tests;\n",
            "fn f() {}\n#[cfg(test)]\nmod g { fn h() { i(\"j\") } }\nfn k() {}\n",
        ));
        let left: String = source.production.split_whitespace().collect();
        assert_eq!(left, "fna(){x()};fnf(){}fnk(){}");
        assert!(source.literals.iter().all(|literal| literal.test));
        assert_eq!(&source.code[source.braces(0)], " x() ");
    }
}
