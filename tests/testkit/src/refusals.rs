//! What tests demand of a refusal.

use tonic::Code;

use crate::errors::Fault;

impl Fault {
    /// Fails unless it has this code and reason, and certainly changed nothing.
    #[track_caller]
    pub fn is(&self, case: &str, code: Code, reason: &str) {
        assert_eq!((self.code, self.reason.as_str()), (code, reason), "{case}: {self:?}");
        assert_eq!(self.meta("definite"), "true", "{case}: {self:?}");
    }

    /// Fails unless it names exactly these fields of the request, in any order.
    #[track_caller]
    pub fn names(&self, case: &str, fields: &[&str]) {
        self.is(case, Code::InvalidArgument, "INVALID_FIELD");
        let (mut named, mut wanted) = (self.fields.clone(), fields.to_vec());
        named.sort_unstable();
        wanted.sort_unstable();
        assert_eq!(named, wanted, "{case}: {}", self.message);
    }
}
