//! The error reasons: each comment says in words what its option says to programs, or nothing is generated.

use prost_reflect::{DescriptorPool, DynamicMessage};

use crate::options::{flag, option, text, texts};
use crate::text::{comment, head, inline, row};

const ENUM: &str = "bursar.errors.v1.ErrorReason";
const PREFIX: &str = "ERROR_REASON_";
const EXTENSION: &str = "bursar.options.v1.error";
/// The codes of gRPC but OK.
const CODES: &[&str] = &[
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];
/// The details that may come with an error, beside ErrorInfo.
const DETAILS: &[&str] = &["BadRequest", "ResourceInfo", "RetryInfo"];

/// A reason, as it is documented.
#[derive(Debug)]
pub(crate) struct Reason {
    /// Its name, without the prefix.
    pub(crate) name: String,
    code: String,
    details: Vec<String>,
    meaning: String,
    keys: String,
    indefinite: bool,
}

/// Every reason that is sent, in the order of the protos.
pub(crate) fn reasons(pool: &DescriptorPool) -> Result<Vec<Reason>, String> {
    let reasons = pool.get_enum_by_name(ENUM).ok_or_else(|| format!("there is no {ENUM}"))?;
    let sent = reasons.values().filter(|value| value.number() != 0);
    sent.map(|value| {
        let rule = option(&value.options(), EXTENSION, value.full_name())?;
        let comment = comment(&reasons.parent_file(), value.path(), value.full_name())?;
        let name = value.name().trim_start_matches(PREFIX);
        read(name, &comment, &rule).map_err(|fault| format!("the comment of {name}: {fault}"))
    })
    .collect()
}

fn read(name: &str, comment: &str, rule: &DynamicMessage) -> Result<Reason, String> {
    let (code, details) = (text(rule, "code"), texts(rule, "details"));
    if !CODES.contains(&code.as_str()) {
        return Err(format!("its option has the code `{code}`, which gRPC does not have"));
    }
    if let Some(detail) = details.iter().find(|detail| !DETAILS.contains(&detail.as_str())) {
        return Err(format!("its option has the detail `{detail}`; known: {}", DETAILS.join(", ")));
    }
    let with = if details.is_empty() { "" } else { ", with " };
    let begin = format!("{code}{with}{}. ", details.join(" and "));
    let rest = comment
        .strip_prefix(&begin)
        .ok_or_else(|| format!("it must begin with `{begin}`, as its option says"))?;
    let (meaning, keys) = match rest.split_once(" Metadata: ") {
        Some((meaning, keys)) => (
            meaning,
            keys.strip_suffix('.').ok_or("its metadata must end the comment, with a full stop")?,
        ),
        None => (rest, ""),
    };
    if !meaning.ends_with('.') || meaning.starts_with("Metadata:") {
        return Err("it must say what the reason means, in sentences".into());
    }
    let named: Vec<&str> = keys.split('`').skip(1).step_by(2).collect();
    let listed = texts(rule, "metadata");
    if named != listed {
        return Err(format!("it names the metadata {named:?}, and its option {listed:?}"));
    }
    let indefinite = flag(rule, "indefinite");
    if meaning.contains("`definite`") != indefinite {
        return Err("it must speak of `definite` exactly when its option says `indefinite`".into());
    }
    Ok(Reason {
        name: name.to_owned(),
        code,
        details,
        meaning: meaning.to_owned(),
        keys: keys.to_owned(),
        indefinite,
    })
}

/// The section about them.
pub(crate) fn section(pool: &DescriptorPool, reasons: &[Reason]) -> Result<String, String> {
    let list = pool.get_enum_by_name(ENUM).ok_or_else(|| format!("there is no {ENUM}"))?;
    let mut out = format!(
        "## Error reasons\n\n{}\n\n",
        inline(&comment(&list.parent_file(), list.path(), ENUM)?)
    );
    out += &head(&["reason", "gRPC code", "meaning", "metadata", "`definite`", "details"]);
    for reason in reasons {
        out += &row(&[
            format!("`{}`", reason.name),
            format!("`{}`", reason.code),
            inline(&reason.meaning),
            inline(&reason.keys),
            if reason.indefinite { "`true` or `false`" } else { "`true`" }.to_owned(),
            reason.details.join(", "),
        ]);
    }
    Ok(out)
}

/// Whether the reasons that the comment of an RPC lists after `Errors:` exist. What stands in brackets explains one.
pub(crate) fn check_listed(comment: &str, known: &[Reason]) -> Result<(), String> {
    let Some((_, list)) = comment.split_once("Errors: ") else { return Ok(()) };
    let list = list.strip_suffix('.').ok_or("its list of errors must end the comment")?;
    let mut depth = 0_u32;
    let names: String = list
        .chars()
        .filter(|c| {
            let inside = depth > 0 || *c == '(';
            match c {
                '(' => depth += 1,
                ')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            !inside
        })
        .collect();
    match names.split(',').map(str::trim).find(|name| known.iter().all(|k| k.name != *name)) {
        Some(name) => Err(format!("it lists the error `{name}`, which is no reason")),
        None => Ok(()),
    }
}

#[cfg(test)]
#[path = "errors_tests.rs"]
mod tests;
