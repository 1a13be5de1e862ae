//! Columns of the rows that a statement answers with.

use tokio_postgres::types::{FromSql, FromSqlOwned};
use tokio_postgres::{Column, Row};

use super::fault::{Fault, TxResult};

/// A column of a row.
pub(crate) fn col<T: FromSqlOwned>(row: &Row, name: &str) -> TxResult<T> {
    row.try_get(name).map_err(|e| Fault::Other(format!("column {name}: {e}")))
}

/// The value that a stored name stands for.
pub(crate) fn named<T>(
    row: &Row,
    column: &str,
    from_name: impl Fn(&str) -> Option<T>,
) -> TxResult<T> {
    let name = row.try_get(column).map_err(|e| Fault::Other(format!("column {column}: {e}")))?;
    meaning(column, name, from_name)
}

/// Reads the columns of a row in about the order they have: the driver looks for each name from the first column on,
/// which for the widest rows costs more than decoding them.
pub(crate) struct Columns<'a> {
    row: &'a Row,
    next: usize,
}

impl<'a> Columns<'a> {
    pub(crate) fn of(row: &'a Row) -> Self {
        Self { row, next: 0 }
    }

    /// A column, found at once when it is the one after the last that was read.
    pub(crate) fn get<T: FromSql<'a>>(&mut self, name: &str) -> TxResult<T> {
        let columns = self.row.columns();
        let is = |column: Option<&Column>| column.is_some_and(|column| column.name() == name);
        let at = if is(columns.get(self.next)) {
            self.next
        } else {
            let found = columns.iter().position(|column| column.name() == name);
            found.ok_or_else(|| Fault::Other(format!("there is no column {name}")))?
        };
        self.next = at + 1;
        self.row.try_get(at).map_err(|e| Fault::Other(format!("column {name}: {e}")))
    }

    /// The value that a stored name stands for.
    pub(crate) fn named<T>(
        &mut self,
        column: &str,
        from_name: impl Fn(&str) -> Option<T>,
    ) -> TxResult<T> {
        let name = self.get(column)?;
        meaning(column, name, from_name)
    }
}

fn meaning<T>(column: &str, name: &str, from_name: impl Fn(&str) -> Option<T>) -> TxResult<T> {
    from_name(name)
        .ok_or_else(|| Fault::Other(format!("column {column} holds the unknown name {name}")))
}
