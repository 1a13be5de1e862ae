//! Where SQL text may be cut: not inside quotes, comments or brackets.

/// The parts between separators.
pub(crate) fn split(text: &str, separator: u8) -> Vec<&str> {
    let (mut parts, mut start) = (Vec::new(), 0);
    for at in open(text) {
        if text.as_bytes()[at] == separator {
            parts.push(text[start..at].trim());
            start = at + 1;
        }
    }
    parts.push(text[start..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}

/// The words, with brackets and what they hold as part of the word before them unless a space is between.
pub(crate) fn words(text: &str) -> Vec<&str> {
    let (mut words, mut start) = (Vec::new(), 0);
    for at in open(text).filter(|at| text.as_bytes()[*at].is_ascii_whitespace()) {
        words.push(&text[start..at]);
        start = at + 1;
    }
    words.push(&text[start..]);
    words.retain(|word| !word.is_empty());
    words
}

/// What stands before and after the first such word.
pub(crate) fn cut<'a>(text: &'a str, word: &str) -> Option<(&'a str, &'a str)> {
    let bounded = |at: usize| {
        let bytes = text.as_bytes();
        let end = at + word.len();
        (at == 0 || bytes[at - 1].is_ascii_whitespace())
            && bytes.get(end).is_none_or(u8::is_ascii_whitespace)
    };
    let at = open(text).find(|at| text[*at..].starts_with(word) && bounded(*at))?;
    Some((text[..at].trim(), text[at + word.len()..].trim()))
}

/// Places of the characters that are in no quotes, comments or brackets.
fn open(text: &str) -> impl Iterator<Item = usize> {
    let (mut places, mut depth, mut at) = (Vec::new(), 0_usize, 0);
    while let Some(&byte) = text.as_bytes().get(at) {
        if let Some(end) = end_of_quoted(text, at) {
            at = end;
            continue;
        }
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth = depth.saturating_sub(1),
            _ if depth == 0 && text.is_char_boundary(at) => places.push(at),
            _ => {}
        }
        at += 1;
    }
    places.into_iter()
}

/// The end of what is quoted or commented from here on; what is never closed goes on to the end.
fn end_of_quoted(text: &str, at: usize) -> Option<usize> {
    if !text.is_char_boundary(at) {
        return None;
    }
    let rest = &text[at..];
    let close = |from: usize, mark: &str| {
        Some(rest[from..].find(mark).map_or(text.len(), |end| at + from + end + mark.len()))
    };
    // A doubled quote ends one piece and begins the next.
    match rest.as_bytes() {
        [b'\'', ..] => close(1, "'"),
        [b'"', ..] => close(1, "\""),
        [b'-', b'-', ..] => close(2, "\n"),
        [b'$', ..] => {
            let tag = 1 + rest[1..].find('$')?;
            let name = |c: char| c.is_alphanumeric() || c == '_';
            rest[1..tag].chars().all(name).then_some(())?;
            close(tag + 1, &rest[..=tag])
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_comments_and_brackets_are_whole() {
        let text = "-- it's; not\nA 'x;''y'; B \"q;\" $f$;'$f$ (1; 2); c[1;2] é;";
        let parts = split(text, b';');
        assert_eq!(parts, ["-- it's; not\nA 'x;''y'", "B \"q;\" $f$;'$f$ (1; 2)", "c[1;2] é"]);
        assert_eq!(
            words("GRANT UPDATE (a, b)\nON  t('x y')"),
            ["GRANT", "UPDATE", "(a, b)", "ON", "t('x y')"]
        );
    }

    #[test]
    fn a_word_is_found_outside_of_quotes_only() {
        assert_eq!(cut("a ' ON ' (x ON y) bON ON c", "ON"), Some(("a ' ON ' (x ON y) bON", "c")));
        assert_eq!(cut("a 'ON'", "ON"), None);
        // Never closed: nothing after it is read as SQL.
        assert_eq!(split("a; 'b; c", b';'), ["a", "'b; c"]);
    }
}
