//! A statement that waits for the next flush. Its parameters are encoded at once, so that whoever made them need not wait.

use bytes::BytesMut;
use tokio_postgres::Statement;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use super::fault::{Fault, TxResult};
use super::statement::Stmt;
use super::tx::Params;

/// A parameter as it goes over the wire; none for NULL.
#[derive(Debug)]
struct Encoded(Option<BytesMut>);

impl ToSql for Encoded {
    fn to_sql(
        &self,
        _: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        let Some(bytes) = &self.0 else { return Ok(IsNull::Yes) };
        out.extend_from_slice(bytes);
        Ok(IsNull::No)
    }

    // It was encoded for the type that its statement has there.
    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// The statement.
pub(super) struct Ahead {
    pub(super) name: &'static str,
    pub(super) prepared: Statement,
    params: Vec<Encoded>,
}

impl Ahead {
    pub(super) fn new(stmt: &Stmt, prepared: Statement, params: Params<'_>) -> TxResult<Self> {
        let types = prepared.params();
        if types.len() != params.len() {
            let (name, has) = (stmt.name, types.len());
            return Err(Fault::Other(format!("{name} has {has} parameters, not {}", params.len())));
        }
        let encode = |(param, kind): (&&(dyn ToSql + Sync), &Type)| {
            let mut bytes = BytesMut::new();
            let null = param
                .to_sql_checked(kind, &mut bytes)
                .map_err(|error| Fault::Other(format!("a parameter of {}: {error}", stmt.name)))?;
            Ok(Encoded(matches!(null, IsNull::No).then_some(bytes)))
        };
        let params = params.iter().zip(types).map(encode).collect::<TxResult<_>>()?;
        Ok(Self { name: stmt.name, prepared, params })
    }

    pub(super) fn params(&self) -> Vec<&(dyn ToSql + Sync)> {
        self.params.iter().map(|param| param as _).collect()
    }
}
