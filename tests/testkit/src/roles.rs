//! What the database says to a role, beside what the service lets through.

use crate::database::Database;

impl Database {
    /// SQLSTATE and message of the refusal of `text`, run in one transaction that is never committed, as that role:
    /// as the tenant's own by the service's login, as another by the administrator. `None` when it is not refused.
    pub async fn refusal(
        &self,
        role: &str,
        tenant: Option<&str>,
        text: &str,
    ) -> Option<(String, String)> {
        let client = if tenant.is_some() { self.connect_app().await } else { self.connect().await };
        client.batch_execute("BEGIN").await.expect("begins");
        let enter = "SELECT set_config('role', $1, true), set_config('app.tenant_id', $2, true)";
        client.query(enter, &[&role, &tenant.unwrap_or("")]).await.expect("takes the role");
        let refused = client.batch_execute(text).await.err()?;
        let refused = refused.as_db_error().unwrap_or_else(|| panic!("{text}: {refused}")).clone();
        Some((refused.code().code().to_owned(), refused.message().to_owned()))
    }
}

/// The database role of a tenant.
pub fn tenant_role(tenant: &str) -> String {
    format!("app_tenant_{}", tenant.replace('-', ""))
}
