//! Enums: each value of the domain has exactly one number on the wire, and the compiler holds both to it.

use bursar_domain::Error;

/// Makes a module of three functions for an enum of the domain and its twin of the protos:
/// `wire` (number of a value), `required` and `optional` (value of a number, unspecified refused or none).
macro_rules! choices {
    ($($(#[$doc:meta])* $module:ident: $domain:ty = $wire:ty { $($value:ident = $number:ident),+ $(,)? })+) => {$(
        $(#[$doc])*
        #[allow(dead_code)]
        pub(crate) mod $module {
            #[allow(unused_imports)]
            use super::*;

            /// Number on the wire.
            pub(crate) fn wire(value: $domain) -> i32 {
                match value {
                    $(<$domain>::$value => <$wire>::$number as i32,)+
                }
            }

            /// Value of a number; unspecified and unknown numbers are violations.
            pub(crate) fn required(field: &str, number: i32) -> bursar_domain::Result<$domain> {
                match <$wire>::try_from(number) {
                    $(Ok(<$wire>::$number) => Ok(<$domain>::$value),)+
                    _ => Err($crate::choices::not_one_of(field, number, &[$(<$wire>::$number.as_str_name()),+])),
                }
            }

            /// Value of a number, none when unspecified; unknown numbers are violations.
            pub(crate) fn optional(field: &str, number: i32) -> bursar_domain::Result<Option<$domain>> {
                if number == 0 { Ok(None) } else { required(field, number).map(Some) }
            }
        }
    )+};
}

pub(crate) use choices;

/// The violation of a number that is not one of the values.
pub(crate) fn not_one_of(field: &str, number: i32, names: &[&str]) -> Error {
    let given = if number == 0 {
        "is unspecified".to_owned()
    } else {
        format!("has the unknown value {number}")
    };
    Error::invalid(field, format!("{given}; give one of {}", names.join(", ")))
}
