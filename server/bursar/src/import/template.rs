//! Texts with columns in them, such as `customer:{account_id}`.

use super::records::Row;

/// A text with columns to fill in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Column(String),
}

impl Template {
    /// Reads `text {column} text`; `{{` and `}}` stand for braces.
    ///
    /// # Errors
    /// What is wrong with it, to stand after its name.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '{' | '}' if chars.peek() == Some(&c) => {
                    chars.next();
                    plain.push(c);
                }
                '{' => {
                    let mut name = String::new();
                    loop {
                        match chars.next() {
                            Some('}') if !name.is_empty() => break,
                            Some(c) if c != '{' && c != '}' => name.push(c),
                            _ => {
                                return Err(format!(
                                    "'{text}' has a {{ without a column's name and }}; write {{{{ for a brace"
                                ));
                            }
                        }
                    }
                    if !plain.is_empty() {
                        pieces.push(Piece::Text(std::mem::take(&mut plain)));
                    }
                    pieces.push(Piece::Column(name));
                }
                '}' => {
                    return Err(format!("'{text}' has a }} without a {{; write }}}} for a brace"));
                }
                c => plain.push(c),
            }
        }
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        Ok(Self(pieces))
    }

    /// The columns it names.
    pub(crate) fn columns(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Column(name) => Some(name.as_str()),
            Piece::Text(_) => None,
        })
    }

    /// Whether it names no column.
    pub(crate) fn is_constant(&self) -> bool {
        self.columns().next().is_none()
    }

    /// The text for a row; empty when all its columns are, so that `{a}` of an empty column, and
    /// `ref:{a}` too, leave their field out.
    pub(crate) fn render(&self, row: &Row) -> String {
        let empty = !self.is_constant() && self.columns().all(|column| row.get(column).is_empty());
        if empty {
            return String::new();
        }
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Column(name) => row.get(name).to_owned(),
        };
        self.0.iter().map(piece).collect()
    }
}
