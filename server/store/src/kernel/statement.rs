//! Named statements. The text of each is a file beside the domain that owns it; its name labels spans and metrics.
//!
//! An optional filter is written `COALESCE(column = $n, $n::type IS NULL)`: all rows when the parameter is NULL. The usual
//! `$n IS NULL OR column = $n` makes a generic plan expect one row, so that it reads and sorts all there are instead of
//! walking an index in order up to the LIMIT. What the index must find by is a plain comparison with a parameter: behind a
//! policy neither COALESCE nor a volatile function is an index condition.

/// One statement.
#[derive(Debug)]
pub(crate) struct Stmt {
    /// Its name, the file's stem.
    pub(crate) name: &'static str,
    /// Its text.
    pub(crate) sql: &'static str,
}

/// Declares the statements in the `sql` folder beside the calling file, and `ALL` of them. What several begin with stands
/// in a file of its own: `NAME = "rest" after "beginning";`.
macro_rules! statements {
    ($($id:ident = $file:literal $(after $head:literal)?;)*) => {
        $(pub(crate) static $id: crate::kernel::Stmt = crate::kernel::Stmt {
            name: $file,
            sql: concat!(
                $(include_str!(concat!("sql/", $head, ".sql")),)?
                include_str!(concat!("sql/", $file, ".sql"))
            ),
        };)*
        /// All of them, for the tests that prepare and explain each.
        pub(crate) static ALL: &[&crate::kernel::Stmt] = &[$(&$id),*];
    };
}
pub(crate) use statements;
