//! What tests expect of answers: a reply, a certain refusal, or the silence about what is another tenant's.

use std::fmt::Debug;

use tonic::{Code, Response, Status};
use tonic_types::StatusExt as _;

use crate::errors::{Fault, fault};

/// The reply of a call that must succeed.
#[track_caller]
pub fn ok<T>(outcome: Result<Response<T>, Status>) -> T {
    match outcome {
        Ok(reply) => reply.into_inner(),
        Err(status) => panic!("refused: {:?}", fault(status)),
    }
}

/// What a call said that must be refused with this code and reason, certainly having changed nothing.
#[track_caller]
pub fn refused<T: Debug>(outcome: Result<T, Status>, code: Code, reason: &str) -> Fault {
    let fault = fault(outcome.expect_err("a refusal"));
    assert_eq!((fault.code, fault.reason.as_str()), (code, reason), "{fault:?}");
    assert_eq!(fault.meta("definite"), "true", "{fault:?}");
    fault
}

/// A call must be refused for exactly these fields, in this order.
#[track_caller]
pub fn invalid<T: Debug>(outcome: Result<T, Status>, fields: &[&str]) -> Fault {
    let fault = refused(outcome, Code::InvalidArgument, "INVALID_FIELD");
    assert_eq!(fault.fields, fields, "{fault:?}");
    fault
}

/// The answer about another tenant's id must be the answer about an absent id, apart from the id itself.
#[track_caller]
pub fn assert_hidden<T: Debug>(
    (foreign, foreign_id): (Result<T, Status>, &str),
    (absent, absent_id): (Result<T, Status>, &str),
) -> Fault {
    let told = |outcome: Result<T, Status>, id: &str| {
        let status = outcome.expect_err("a refusal");
        let resource = format!("{:?}", status.get_error_details().resource_info());
        let fault = fault(status);
        let metadata: std::collections::BTreeMap<_, _> =
            fault.metadata.iter().map(|(k, v)| (k.clone(), v.replace(id, "ID"))).collect();
        let texts = [fault.message.replace(id, "ID"), resource.replace(id, "ID")];
        ((fault.code, fault.reason.clone(), fault.fields.clone(), metadata, texts), fault)
    };
    let ((foreign, fault), (absent, _)) = (told(foreign, foreign_id), told(absent, absent_id));
    assert_eq!(foreign, absent);
    fault
}
