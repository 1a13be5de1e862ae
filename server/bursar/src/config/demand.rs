//! What each purpose cannot do without, and what is set to no effect.

use super::reader::Reader;
use super::variables as var;
use super::{Backend, Config, Purpose};

impl Config {
    /// Notes what is missing.
    pub(super) fn demand(&self, purpose: Purpose, r: &mut Reader<'_>) {
        let external = self.backend == Backend::Postgres;
        let mut need = |there: bool, variables: &[&var::Variable], why: &str| {
            // A value that was given but is wrong has its problem noted already.
            if !there && !variables.iter().any(|v| r.has_problem(v)) {
                r.problem(variables[0].name, format!("is not set; {why}"));
            }
        };
        let administrator =
            "give an administrator's address, postgres://user:password@host:port/database";
        match purpose {
            Purpose::Serve if external => {
                need(
                    self.database_url.is_some(),
                    var::DATABASE,
                    "STORE_BACKEND=postgres needs the database's address, postgres://bursar_app:password@host:port/database \
                     (or PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE); set STORE_BACKEND=embedded to try Bursar without one",
                );
                need(
                    self.pepper.is_some(),
                    &[&var::BURSAR_PEPPER],
                    "give 32 random bytes or more, the same on every server of this database",
                );
            }
            Purpose::Bootstrap => {
                need(self.owner_url.is_some(), &[&var::BURSAR_OWNER_URL], administrator);
                need(
                    self.app_password.is_some(),
                    &[&var::BURSAR_APP_PASSWORD],
                    "give the password that the login bursar_app shall have, 12 characters or more",
                );
                need(
                    self.pepper.is_some(),
                    &[&var::BURSAR_PEPPER],
                    "give the pepper that the servers will use, 32 random bytes or more",
                );
            }
            Purpose::Schema if external => {
                need(self.owner_url.is_some(), &[&var::BURSAR_OWNER_URL], administrator);
            }
            _ => {}
        }
    }

    /// Says what is set and has no effect.
    pub(super) fn warn(&mut self, purpose: Purpose) {
        if purpose == Purpose::Serve
            && self.backend != Backend::Postgres
            && self.database_url.is_some()
        {
            self.warnings.push(format!(
                "the address of a database is set but not used, because STORE_BACKEND is {}; set STORE_BACKEND=postgres to use it",
                self.backend.name()
            ));
        }
    }
}
