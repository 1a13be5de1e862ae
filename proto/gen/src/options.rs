//! The contract's own options, read from the raw descriptors: prost's types would drop them.

use prost_reflect::{DynamicMessage, ReflectMessage as _, Value};

/// The message of an option. An error when the element does not have it.
pub(crate) fn option(
    options: &DynamicMessage,
    extension: &str,
    name: &str,
) -> Result<DynamicMessage, String> {
    let pool = options.descriptor().parent_pool().clone();
    let extension = pool
        .get_extension_by_name(extension)
        .filter(|extension| options.has_extension(extension))
        .ok_or_else(|| format!("{name} has no option ({extension})"))?;
    let value = options.get_extension(&extension).into_owned();
    value.as_message().cloned().ok_or_else(|| format!("{name}: its option is not a message"))
}

/// A text of an option, empty when it is not set.
pub(crate) fn text(option: &DynamicMessage, field: &str) -> String {
    let value = option.get_field_by_name(field);
    value.as_deref().and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The texts of an option.
pub(crate) fn texts(option: &DynamicMessage, field: &str) -> Vec<String> {
    let value = option.get_field_by_name(field);
    let list = value.as_deref().and_then(Value::as_list).unwrap_or_default();
    list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The numbers of an option's enum values.
pub(crate) fn numbers(option: &DynamicMessage, field: &str) -> Vec<i32> {
    let value = option.get_field_by_name(field);
    let list = value.as_deref().and_then(Value::as_list).unwrap_or_default();
    list.iter().filter_map(Value::as_enum_number).collect()
}

/// A flag of an option, false when it is not set.
pub(crate) fn flag(option: &DynamicMessage, field: &str) -> bool {
    option.get_field_by_name(field).as_deref().and_then(Value::as_bool).unwrap_or_default()
}
