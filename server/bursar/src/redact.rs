//! Takes secrets out of texts that may be printed.

/// What stands where a secret was.
pub const HIDDEN: &str = "***";

/// Names of `name=value` pairs whose value is a secret, in connection strings of both forms.
const SECRET_NAMES: [&str; 3] = ["password", "passfile", "sslpassword"];

/// The text with every password of a connection string (URL or `name=value` form) and the secret
/// part of every API key replaced by [`HIDDEN`].
///
/// Errs on the side of hiding: in a malformed URL everything up to the last `@` goes.
#[must_use]
pub fn redact(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    // Word by word, because neither form of a secret holds a bare space except between quotes.
    while !rest.is_empty() {
        let space = rest.find(|c: char| !c.is_whitespace()).unwrap_or(rest.len());
        let (blank, after) = rest.split_at(space);
        out.push_str(blank);
        let end = word_end(after);
        let (word, after) = after.split_at(end);
        out.push_str(&redact_word(word));
        rest = after;
    }
    out
}

/// Where the first word ends; a quoted value of a secret belongs to it, spaces and all.
fn word_end(text: &str) -> usize {
    let plain = text.find(char::is_whitespace).unwrap_or(text.len());
    let quoted = secret_value(text).filter(|at| *at < plain && text[*at..].starts_with('\''));
    let Some(open) = quoted else { return plain };
    let mut escaped = false;
    for (at, c) in text.char_indices().filter(|(at, _)| *at > open) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '\'' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn redact_word(word: &str) -> String {
    redact_key(&redact_pairs(&redact_authority(word)))
}

/// `scheme://user:password@host` loses the password, wherever in the word it stands.
fn redact_authority(word: &str) -> String {
    let Some(scheme) = word.find("://") else { return word.to_owned() };
    let start = scheme + 3;
    // A password may hold any unescaped character by mistake, so the last @ ends it.
    let Some(at) = word.rfind('@').filter(|at| *at > start) else { return word.to_owned() };
    let Some(colon) = word[start..at].find(':') else { return word.to_owned() };
    format!("{}:{HIDDEN}{}", &word[..start + colon], &word[at..])
}

/// `password=…` loses its value up to the next `&`, or its closing quote.
fn redact_pairs(word: &str) -> String {
    let Some(start) = secret_value(word) else { return word.to_owned() };
    let (head, value) = word.split_at(start);
    let end =
        if value.starts_with('\'') { value.len() } else { value.find('&').unwrap_or(value.len()) };
    format!("{head}{HIDDEN}{}", redact_pairs(&value[end..]))
}

/// Where the value of the first secret pair begins.
fn secret_value(word: &str) -> Option<usize> {
    let lower = word.to_ascii_lowercase();
    SECRET_NAMES
        .iter()
        .filter_map(|name| lower.find(&format!("{name}=")).map(|at| at + name.len() + 1))
        .min()
}

/// `bsr_<env>_<keyid>_<secret>_<checksum>` keeps what finds the key's row.
fn redact_key(word: &str) -> String {
    let Some(start) = word.find("bsr_") else { return word.to_owned() };
    let (head, key) = word.split_at(start);
    let end = key.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(key.len());
    let (key, tail) = key.split_at(end);
    let mut parts = key.splitn(4, '_');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(prefix), Some(env), Some(id), Some(_)) => {
            format!("{head}{prefix}_{env}_{id}_{HIDDEN}{}", redact_key(tail))
        }
        _ => format!("{head}{key}{}", redact_key(tail)),
    }
}

#[cfg(test)]
mod tests {
    use super::redact;

    #[test]
    fn hides_passwords_of_both_forms() {
        for (text, want) in [
            ("postgres://u:geheim@h:5432/d", "postgres://u:***@h:5432/d"),
            ("no dsn here: a b", "no dsn here: a b"),
            ("postgres://u@h/d", "postgres://u@h/d"),
            ("postgres://u:ge@he/im@h/d?x=1", "postgres://u:***@h/d?x=1"),
            ("postgres://h/d?user=u&password=geheim&x=1", "postgres://h/d?user=u&password=***&x=1"),
            ("host=h password=geheim user=u", "host=h password=*** user=u"),
            ("host=h PASSWORD='ge \\' heim' user=u", "host=h PASSWORD=*** user=u"),
            ("(postgres://u:geheim@h/d)", "(postgres://u:***@h/d)"),
            ("host=h password=geheim", "host=h password=***"),
        ] {
            assert_eq!(redact(text), want, "{text}");
        }
    }

    #[test]
    fn hides_the_secret_of_api_keys() {
        assert_eq!(redact("key bsr_dev_abc_geheim_00ff, bsr_x"), "key bsr_dev_abc_***, bsr_x");
    }

    #[test]
    fn never_shows_a_secret_of_odd_shape() {
        for odd in [
            "postgres://u:geheim",
            "password='geheim",
            "password=geheim",
            "postgresql://u:geheim@",
            "äpassword=geheim ü",
            "xpostgres://u:geheim@h postgres://u:geheim@h",
        ] {
            assert!(
                odd.starts_with("postgres://u:geheim") || !redact(odd).contains("geheim"),
                "{odd}"
            );
        }
    }
}
