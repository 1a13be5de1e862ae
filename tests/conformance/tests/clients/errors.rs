//! Errors as the server sends them, from what the protos say of their reasons.

use std::collections::HashMap;
use std::sync::LazyLock;

use bursar_domain::limits::RETRY_DELAY;
use bursar_proto::DESCRIPTOR_SET;
use bursar_proto::options::v1::ErrorRule;
use prost_reflect::{DescriptorPool, EnumDescriptor};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

const PREFIX: &str = "ERROR_REASON_";

/// Every reason that is ever sent, without the prefix.
pub(crate) fn reasons() -> Vec<String> {
    let values = reason_enum();
    values
        .values()
        .filter(|value| value.number() != 0)
        .map(|value| value.name().trim_start_matches(PREFIX).to_owned())
        .collect()
}

/// The error with that reason.
pub(crate) fn status(reason: &str) -> Result<Status, String> {
    let rule = rule(reason).ok_or_else(|| format!("the protos have no reason {reason:?}"))?;
    let mut metadata: HashMap<String, String> =
        rule.metadata.iter().map(|key| (key.clone(), format!("the {key}"))).collect();
    metadata.insert("definite".into(), (!rule.indefinite).to_string());
    let mut details = ErrorDetails::new();
    details.set_error_info(reason, "bursar.dev", metadata);
    for detail in &rule.details {
        match detail.as_str() {
            "RetryInfo" => details.set_retry_info(Some(RETRY_DELAY)),
            "BadRequest" => details.add_bad_request_violation("a_field", "it is wrong"),
            "ResourceInfo" => details.set_resource_info("a_kind", "an_id", "", ""),
            other => {
                return Err(format!("{reason} comes with {other}, which the relay cannot make"));
            }
        };
    }
    let code = code(&rule.code).ok_or_else(|| format!("gRPC has no code {}", rule.code))?;
    Ok(Status::with_error_details(code, format!("the relay says {reason}"), details))
}

fn rule(reason: &str) -> Option<ErrorRule> {
    let values = reason_enum();
    let value = values.get_value_by_name(&format!("{PREFIX}{reason}"))?;
    let pool = values.parent_pool();
    let extension = pool.get_extension_by_name("bursar.options.v1.error")?;
    value.options().get_extension(&extension).as_message()?.transcode_to().ok()
}

/// The protos, decoded once.
pub(crate) fn pool() -> &'static DescriptorPool {
    static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
        DescriptorPool::decode(DESCRIPTOR_SET).expect("the descriptor set decodes")
    });
    &POOL
}

fn reason_enum() -> EnumDescriptor {
    pool().get_enum_by_name("bursar.errors.v1.ErrorReason").expect("the enum of reasons")
}

/// A code by its name.
pub(crate) fn code(name: &str) -> Option<Code> {
    (0..=16).map(Code::from_i32).find(|code| {
        let spelled: String = format!("{code:?}")
            .chars()
            .enumerate()
            .flat_map(|(at, c)| {
                let cut = (at > 0 && c.is_uppercase()).then_some('_');
                cut.into_iter().chain(c.to_uppercase())
            })
            .collect();
        spelled == name
    })
}
