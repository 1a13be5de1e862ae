//! Roles, tenants, and the walls between them.

use super::{EXAMPLES, Inspector, Unseen};
use crate::error::code;
use sqlx::Connection as _;

/// The platform's own tenant, whose role may read the registry.
const PLATFORM: &str = "00000000-0000-0000-0000-000000000000";

/// What PostgreSQL says of a role, a schema, a function or a table that is not there.
const NOTHING: [&str; 5] = ["22023", "42704", "3F000", "42883", "42P01"];

/// Attributes of a role.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is an attribute of PostgreSQL's own")]
pub struct Role {
    /// Its name.
    pub name: String,
    /// LOGIN.
    pub login: bool,
    /// INHERIT.
    pub inherit: bool,
    /// CREATEROLE.
    pub create_role: bool,
    /// CREATEDB.
    pub create_database: bool,
    /// SUPERUSER.
    pub superuser: bool,
    /// REPLICATION.
    pub replication: bool,
    /// BYPASSRLS.
    pub bypass: bool,
}

/// Live tenants of the registry, and those that lack something; some examples of each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tenants {
    /// How many there are.
    pub count: i64,
    /// How many have no rate limit.
    pub unlimited: i64,
    /// Without their role.
    pub without_role: Vec<String>,
    /// With a role that the service may not take.
    pub without_grant: Vec<String>,
    /// Without their schema of views.
    pub without_schema: Vec<String>,
}

/// Row-level security of one table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wall {
    /// The table.
    pub table: String,
    /// ENABLE ROW LEVEL SECURITY.
    pub enabled: bool,
    /// FORCE ROW LEVEL SECURITY.
    pub forced: bool,
    /// Policies for everybody that compare with the current tenant.
    pub policies: i32,
    /// Policies for everybody that do not.
    pub open: Vec<String>,
}

impl Inspector {
    /// These roles, tenants' roles that are more than they should be, and whoever else bypasses row-level security.
    pub async fn roles(&mut self, names: &[&str]) -> Result<Vec<Role>, Unseen> {
        type Row = (String, bool, bool, bool, bool, bool, bool, bool);
        let rows: Vec<Row> = sqlx::query_as(include_str!("sql/roles.sql"))
            .bind(names)
            .fetch_all(&mut self.conn)
            .await?;
        let role = |(
            name,
            login,
            inherit,
            create_role,
            create_database,
            superuser,
            replication,
            bypass,
        ): Row| Role {
            name,
            login,
            inherit,
            create_role,
            create_database,
            superuser,
            replication,
            bypass,
        };
        Ok(rows.into_iter().map(role).collect())
    }

    /// What these roles are members of, as (group, member), tenants' roles left out.
    pub async fn memberships(&mut self, names: &[&str]) -> Result<Vec<(String, String)>, Unseen> {
        Ok(sqlx::query_as(include_str!("sql/memberships.sql"))
            .bind(names)
            .fetch_all(&mut self.conn)
            .await?)
    }

    /// The registry of tenants, read as the owner or else as the platform does.
    pub async fn tenants(&mut self, owner: bool) -> Result<Tenants, Unseen> {
        type Row = (i64, i64, Vec<String>, Vec<String>, Vec<String>);
        let platform = format!("app_tenant_{}", PLATFORM.replace('-', ""));
        let (role, tenant) =
            if owner { ("bursar_owner", "") } else { (platform.as_str(), PLATFORM) };
        let mut tx = self.conn.begin().await?;
        sqlx::query(include_str!("sql/enter.sql"))
            .bind(role)
            .bind(tenant)
            .execute(&mut *tx)
            .await?;
        let (count, unlimited, without_role, without_grant, without_schema) =
            sqlx::query_as::<_, Row>(include_str!("sql/tenants.sql"))
                .bind(EXAMPLES)
                .fetch_one(&mut *tx)
                .await?;
        tx.rollback().await?;
        Ok(Tenants { count, unlimited, without_role, without_grant, without_schema })
    }

    /// Row-level security of every table of Bursar.
    pub async fn walls(&mut self) -> Result<Vec<Wall>, Unseen> {
        type Row = (String, bool, bool, i32, Vec<String>);
        let rows: Vec<Row> = self.all(include_str!("sql/walls.sql")).await?;
        let wall = |(table, enabled, forced, policies, open): Row| Wall {
            table,
            enabled,
            forced,
            policies,
            open,
        };
        Ok(rows.into_iter().map(wall).collect())
    }

    /// The newest migration, asked for as the owner or else as the service does; `None` where there is no schema yet.
    pub async fn schema_version(&mut self, owner: bool) -> Result<Option<i64>, Unseen> {
        let role = if owner { "bursar_owner" } else { "bursar_auth" };
        let mut tx = self.conn.begin().await?;
        let entered =
            sqlx::query(include_str!("sql/enter.sql")).bind(role).bind("").execute(&mut *tx).await;
        let version = match entered {
            Ok(_) => {
                sqlx::query_scalar(include_str!("sql/schema_version.sql")).fetch_one(&mut *tx).await
            }
            Err(error) => Err(error),
        };
        tx.rollback().await?;
        match version {
            Ok(version) => Ok(version),
            // No such role, schema or function: nothing was bootstrapped or migrated.
            Err(error) if code(&error).is_some_and(|code| NOTHING.contains(&code.as_str())) => {
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }
}
