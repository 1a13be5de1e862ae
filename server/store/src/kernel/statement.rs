//! Named statements. The text of each is a file beside the domain that owns it; its name labels spans and metrics.

/// One statement.
#[derive(Debug)]
pub(crate) struct Stmt {
    /// Its name, the file's stem.
    pub(crate) name: &'static str,
    /// Its text.
    pub(crate) sql: &'static str,
}

/// Declares the statements in the `sql` folder beside the calling file, and `ALL` of them.
macro_rules! statements {
    ($($id:ident = $file:literal;)*) => {
        $(pub(crate) static $id: crate::kernel::Stmt = crate::kernel::Stmt {
            name: $file,
            sql: include_str!(concat!("sql/", $file, ".sql")),
        };)*
        /// All of them, for the tests that prepare and explain each.
        pub(crate) static ALL: &[&crate::kernel::Stmt] = &[$(&$id),*];
    };
}
pub(crate) use statements;
