//! The languages, and what each of them needs on this machine.

use std::path::{Path, PathBuf};

/// The languages, and the programs that the driver of each cannot do without. A client's further form has a driver of its
/// own, `driver-<form>.sh`.
const NEEDS: &[(&str, &[&str])] = &[
    ("rust", &["cargo"]),
    ("python", &["python3"]),
    ("python-asyncio", &["python3"]),
    ("typescript", &["node", "npm"]),
    ("go", &["go"]),
    ("java", &["java", "mvn"]),
];

/// Trials that are scripts beside a language's driver, where it has them: the README's example, and a page in a browser.
pub(crate) const SCRIPTS: &[(&str, &str)] =
    &[("readme_example", "example.sh"), ("browser", "browser-test.sh")];

/// A language with a client.
#[derive(Debug, Clone)]
pub(crate) struct Language {
    /// Its name: its folder's, and the form's.
    pub(crate) name: String,
    /// What starts its driver.
    pub(crate) driver: PathBuf,
    /// Why it cannot be tried here; none when it can.
    pub(crate) lack: Option<String>,
}

impl Language {
    /// Its scripts, by the names of their trials.
    pub(crate) fn scripts(&self) -> Vec<(&'static str, PathBuf)> {
        let all = SCRIPTS.iter().map(|(trial, file)| (*trial, self.driver.with_file_name(file)));
        let of_form = self.name.contains('-');
        all.filter(|(_, path)| !of_form && path.exists()).collect()
    }
}

/// Those that `BURSAR_CLIENTS` names, comma separated, a folder with all of its forms; or all. Their folders are in `BURSAR_CLIENTS_DIR`, or in
/// `clients`.
pub(crate) fn wanted() -> Vec<Language> {
    let folder = std::env::var_os("BURSAR_CLIENTS_DIR").map_or_else(clients, PathBuf::from);
    let named = std::env::var("BURSAR_CLIENTS").unwrap_or_default();
    let named: Vec<&str> =
        named.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    for name in &named {
        let known = NEEDS.iter().any(|(known, _)| known == name);
        let all: Vec<&str> = NEEDS.iter().map(|(name, _)| *name).collect();
        assert!(known, "BURSAR_CLIENTS names {name:?}: it may be {}", all.join(", "));
    }
    let all = NEEDS.iter().map(|(name, needs)| (*name, name.split_once('-'), *needs));
    let all = all.filter(|(name, form, _)| {
        named.is_empty() || named.contains(name) || form.is_some_and(|(of, _)| named.contains(&of))
    });
    all.map(|(name, form, needs)| {
        let driver = match form {
            None => folder.join(name).join("driver.sh"),
            Some((language, form)) => folder.join(language).join(format!("driver-{form}.sh")),
        };
        let lack = lack(&driver, needs);
        Language { name: name.to_owned(), driver, lack }
    })
    .collect()
}

fn clients() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../clients")
}

fn lack(driver: &Path, needs: &[&str]) -> Option<String> {
    if !driver.exists() {
        return Some(format!("there is no {}", driver.display()));
    }
    let missing: Vec<_> = needs.iter().filter(|program| !is_there(program)).copied().collect();
    (!missing.is_empty()).then(|| format!("not on this machine: {}", missing.join(", ")))
}

/// Whether a program is on the PATH, or where `tests/setup/env.sh` adds to it.
fn is_there(program: &str) -> bool {
    let mut folders: Vec<PathBuf> =
        std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).collect();
    if let Some(home) = std::env::var_os("HOME") {
        folders.push(PathBuf::from(home).join(".cargo/bin"));
    }
    folders.push("/usr/local/go/bin".into());
    folders.iter().any(|folder| folder.join(program).is_file())
}
