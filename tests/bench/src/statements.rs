//! The server's own statements in scripts of pgbench: `@{name first | second}` is the statement of that name with these
//! expressions for its parameters, so that a baseline sends what the server sends, also when that changes.

use std::collections::HashMap;

use crate::Fault;

/// A script with its statements filled in.
///
/// # Errors
/// When a statement has another name or another number of parameters now: the script is to follow.
pub(crate) fn expand(script: &str) -> Result<String, Fault> {
    let known: HashMap<&str, &str> = bursar_store::statements().collect();
    let (mut text, mut rest) = (String::new(), script);
    while let Some((before, after)) = rest.split_once("@{") {
        let (call, after) = close(after);
        text.push_str(before);
        text.push_str(&one(&known, call)?);
        rest = after;
    }
    text.push_str(rest);
    Ok(text)
}

/// The call up to its brace, and what follows: braces of its own, in JSON, come in pairs.
fn close(text: &str) -> (&str, &str) {
    let mut depth = 1;
    for (at, sign) in text.char_indices() {
        depth += match sign {
            '{' => 1,
            '}' => -1,
            _ => 0,
        };
        if depth == 0 {
            return (&text[..at], &text[at + 1..]);
        }
    }
    (text, "")
}

fn one(known: &HashMap<&str, &str>, call: &str) -> Result<String, Fault> {
    let (name, given) = call.split_once(char::is_whitespace).unwrap_or((call, ""));
    let sql = known.get(name).ok_or_else(|| format!("the server has no statement {name}"))?;
    // SQL's own bars come in twos.
    let given = given.replace("||", "\u{1}");
    let given: Vec<String> =
        given.split('|').map(|one| one.trim().replace('\u{1}', "||")).collect();
    let lines = sql.lines().filter(|line| !line.trim_start().starts_with("--"));
    let mut sql = lines.collect::<Vec<_>>().join("\n");
    if sql.contains(&format!("${}", given.len() + 1)) || !sql.contains(&format!("${}", given.len()))
    {
        return Err(format!("{name} has other than {} parameters now", given.len()).into());
    }
    // From the last on, so that $1 is not the beginning of $12.
    for (place, value) in given.iter().enumerate().rev() {
        sql = sql.replace(&format!("${}", place + 1), value);
    }
    Ok(sql)
}

#[cfg(test)]
mod tests {
    use super::expand;

    #[test]
    fn statements_get_their_parameters() {
        let text = expand("BEGIN;\n@{operation_find :tenant::uuid | 'a' || '{}'};\nCOMMIT;\n");
        let text = text.expect("a script");
        assert!(
            text.ends_with(
                "WHERE tenant_id = :tenant::uuid AND request_id = 'a' || '{}';\nCOMMIT;\n"
            )
        );
        assert!(text.starts_with("BEGIN;\nSELECT method"), "{text}");
        for bad in ["@{nothing 1};\n", "@{operation_find 1};\n", "@{operation_find 1 | 2 | 3};\n"] {
            assert!(expand(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_scripts_fit_the_statements() {
        for script in [
            include_str!("../sql/position_create.sql"),
            include_str!("../sql/position_transition.sql"),
            include_str!("../sql/position_list.sql"),
            include_str!("../sql/execution_record.sql"),
        ] {
            expand(script).expect("a script");
        }
    }
}
