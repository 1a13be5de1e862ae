//! What to do about each difference.

use crate::drift::{Difference, Drift};

impl Drift {
    /// What to do about it, in one sentence; SQL stands in it as it can be run.
    pub fn remedy(&self) -> String {
        use Difference::{Changed, Missing, Unexpected};
        let expected = self.expected.as_deref().unwrap_or_default();
        let found = self.found.as_deref().unwrap_or_default();
        match (self.kind.as_str(), self.difference) {
            ("migration", Missing) => "run `bursar migrate up`".to_owned(),
            ("migration", Unexpected) => {
                "compare with the version of Bursar that applied it, or a later one".to_owned()
            }
            ("migration", Changed) => {
                "use a version of Bursar with the text that was applied; a change is a new migration".to_owned()
            }
            ("role", Changed) if self.of_tenant() => {
                format!("as an administrator: {}", expected.replacen("CREATE ", "ALTER ", 1))
            }
            ("membership", Missing | Changed) if self.of_tenant() => {
                format!("as bursar_owner: {expected}")
            }
            ("role" | "role setting" | "membership", Missing | Changed)
            | ("database grant", Missing) => {
                "run `bursar bootstrap`, which sets it right or says what stands in the way"
                    .to_owned()
            }
            ("tenant view", _) => {
                "as bursar_owner: drop the view there, then SELECT tenancy.refresh_views(<tenant's id>)"
                    .to_owned()
            }
            ("owner", _) => format!("as an administrator: {expected}"),
            ("grant" | "database grant" | "membership", Unexpected) => {
                let taken = swapped(found, "GRANT ", "REVOKE ", " TO ", " FROM ");
                // Options of the grant go with it.
                let taken = taken.split(" WITH ").next().unwrap_or_default().trim_end_matches(';');
                format!("take it away: {taken};")
            }
            ("revoke", Unexpected) => {
                let given = swapped(found, "REVOKE ", "GRANT ", " FROM ", " TO ");
                format!("as bursar_owner: {given}")
            }
            (_, Missing) => format!("as bursar_owner: {expected}"),
            (_, Unexpected) => {
                "find out who made it and why; drop it, or write a migration that makes it everywhere"
                    .to_owned()
            }
            (_, Changed) => {
                "put back what is expected, as bursar_owner, or write a migration for the change"
                    .to_owned()
            }
        }
    }

    /// Whether it is about the role of a tenant that was onboarded: bootstrap leaves those alone.
    fn of_tenant(&self) -> bool {
        let tenants = self.object.matches("app_tenant_").count();
        tenants > self.object.matches(&format!("app_tenant_{}", "0".repeat(32))).count()
    }
}

fn swapped(text: &str, verb: &str, other_verb: &str, way: &str, other_way: &str) -> String {
    text.replacen(verb, other_verb, 1).replacen(way, other_way, 1)
}
