//! Short texts that callers give, checked once.

use crate::limits::{MAX_CODE_CHARS, MAX_REFERENCE_CHARS};

/// Why a text is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing where something must be.
    #[error("is empty")]
    Empty,
    /// Too many characters.
    #[error("is longer than {0} characters")]
    TooLong(usize),
    /// A character that cannot be.
    #[error("holds a control character; remove it")]
    Control,
    /// Not a code.
    #[error("is not a code; use at most 64 of A-Z, a-z, 0-9, `.`, `_`, `:`, `/` and `-`")]
    Code,
}

/// A line of text of at most `max` characters; may be empty.
pub fn line(text: String, max: usize) -> Result<String, TextError> {
    // PostgreSQL's text holds no NUL, and no other control character belongs in a name.
    if text.chars().any(char::is_control) {
        return Err(TextError::Control);
    }
    if text.chars().count() > max {
        return Err(TextError::TooLong(max));
    }
    Ok(text)
}

/// A line of text that is not blank.
pub fn name(text: String, max: usize) -> Result<String, TextError> {
    if text.trim().is_empty() {
        return Err(TextError::Empty);
    }
    line(text, max)
}

/// A caller's category; may be empty.
pub fn code(text: String) -> Result<String, TextError> {
    let fits = text.len() <= MAX_CODE_CHARS
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b':' | b'/' | b'-'));
    if fits { Ok(text) } else { Err(TextError::Code) }
}

/// A caller's own id for something; empty is none.
pub fn reference(text: String) -> Result<Option<String>, TextError> {
    let text = line(text, MAX_REFERENCE_CHARS)?;
    Ok(if text.is_empty() { None } else { Some(text) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        assert_eq!(name("  ".into(), 5), Err(TextError::Empty));
        assert_eq!(name("héllo".into(), 5), Ok("héllo".into()));
        assert_eq!(name("hélloo".into(), 5), Err(TextError::TooLong(5)));
        assert_eq!(line("a\0b".into(), 5), Err(TextError::Control));
        assert_eq!(code("4000:fees/eu-1.x_y".into()), Ok("4000:fees/eu-1.x_y".into()));
        assert_eq!(code("a b".into()), Err(TextError::Code));
        assert_eq!(code("a".repeat(65)), Err(TextError::Code));
        assert_eq!(reference(String::new()), Ok(None));
    }
}
