//! The `bursar` program itself.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

static BINARY: OnceLock<PathBuf> = OnceLock::new();

/// Path of the program: `BURSAR_BINARY`, or built first when it is not up to date, for a test of another package cannot
/// ask cargo for it.
pub fn binary() -> PathBuf {
    BINARY
        .get_or_init(|| {
            if let Some(given) = std::env::var_os("BURSAR_BINARY") {
                return given.into();
            }
            let workspace = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
            let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
            let mut command = Command::new(cargo);
            // What cargo tells this test of its own package would make ring, and all that rests on it, stale: its
            // build script watches these variables.
            for (name, _) in std::env::vars_os() {
                let text = name.to_string_lossy();
                if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
                    command.env_remove(&name);
                }
            }
            let built = command
                .args(["build", "--quiet", "--locked", "-p", "bursar", "--bin", "bursar"])
                .current_dir(&workspace)
                .status()
                .expect("cargo runs");
            assert!(built.success(), "the program builds");
            // …/target/debug/deps/this_test → …/target/debug/bursar
            let this = std::env::current_exe().expect("a path");
            this.parent().and_then(std::path::Path::parent).expect("a target folder").join("bursar")
        })
        .clone()
}
