//! Lists in which nothing is twice, whose order says nothing.

use bursar_domain::Result;

use crate::convert::Checks;

/// A list of at most `max` values in order, each read by `read` and none twice.
pub(super) fn set<W, T: Ord>(
    field: &str,
    values: &[W],
    max: usize,
    read: impl Fn(&str, &W) -> Result<T>,
) -> Result<Vec<T>> {
    let mut checks = Checks::new();
    if values.len() > max {
        checks.note(field, format!("has {} items; give at most {max}", values.len()));
        return checks.finish(|| None);
    }
    let mut kept: Vec<T> = Vec::with_capacity(values.len());
    for (at, value) in values.iter().enumerate() {
        let field = format!("{field}[{at}]");
        match checks.take(read(&field, value)) {
            Some(value) if kept.contains(&value) => checks.note(field, "is there twice"),
            Some(value) => kept.push(value),
            None => {}
        }
    }
    kept.sort_unstable();
    checks.finish(|| Some(kept))
}

#[cfg(test)]
mod tests {
    use bursar_domain::Error;

    use super::*;
    use crate::convert::required_code;

    #[test]
    fn a_set_is_in_order_and_has_nothing_twice() {
        let read = |values: &[&str], max| {
            let values: Vec<String> = values.iter().map(|&value| value.to_owned()).collect();
            set("regions", &values, max, |field, value: &String| required_code(field, value))
        };
        assert_eq!(read(&["b", "a"], 2), Ok(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(read(&[], 0), Ok(vec![]));
        let fields = |refused: Result<Vec<String>>| match refused {
            Err(Error::Invalid(violations)) => {
                violations.into_iter().map(|violation| violation.field).collect::<Vec<_>>()
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(fields(read(&["a", "b"], 1)), ["regions"]);
        assert_eq!(
            fields(read(&["a", "?", "a", ""], 9)),
            ["regions[1]", "regions[2]", "regions[3]"]
        );
    }
}
