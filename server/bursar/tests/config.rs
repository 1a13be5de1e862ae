//! `bursar config` as a process.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test stops where it fails")]

use std::process::{Command, Output};

/// Runs it with nothing but these variables.
fn bursar(args: &[&str], variables: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_bursar"))
        .args(args)
        .env_clear()
        .envs(variables.iter().copied())
        .output()
        .expect("it runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn show_tells_where_values_come_from_and_no_secret() {
    let dir = tempfile::tempdir().unwrap();
    let (config, key) = (dir.path().join("bursar.toml"), dir.path().join("key"));
    std::fs::write(&config, "BURSAR_ENV = 'live'\nBURSAR_CORS_ORIGINS = ['https://a.example']\n")
        .unwrap();
    std::fs::write(&key, "bsr_live_1_geheim_2\n").unwrap();
    let variables = [
        ("BURSAR_CONFIG", config.to_str().unwrap()),
        ("BURSAR_API_KEY_FILE", key.to_str().unwrap()),
        ("DATABASE_URL", "postgres://u:geheim@h/d?sslmode=verify-full"),
        ("BURSAR_PEPPER", "geheim"),
        ("BURSAR_MAX_CONNECTIONS", "many"),
    ];
    for args in [["config", "show", "--set"].as_slice(), &["config", "show", "--output", "json"]] {
        let shown = bursar(args, &variables);
        assert!(shown.status.success(), "{shown:?}");
        let out = text(&shown.stdout);
        assert!(!out.contains("geheim"), "{out}");
        for part in [
            "live",
            "configuration file",
            "https://a.example",
            "postgres://u:***@h/d?sslmode=verify-full",
            "many",
            &format!("file {}", key.display()),
        ] {
            assert!(out.contains(part), "{part}: {out}");
        }
    }
}

#[test]
fn check_tells_all_problems_at_once() {
    let variables =
        [("STORE_BACKEND", "postgres"), ("BURSAR_LISTEN", "here"), ("BURSAR_PEPPER", "geheim")];
    let checked = bursar(&["config", "check"], &variables);
    assert_eq!(checked.status.code(), Some(2), "{checked:?}");
    let told = text(&checked.stderr);
    for name in ["DATABASE_URL: is not set", "BURSAR_LISTEN: 'here'", "BURSAR_PEPPER: is too short"]
    {
        assert!(told.contains(name), "{name}: {told}");
    }
    let checked = bursar(&["config", "check", "--output", "json"], &variables);
    let told: serde_json::Value = serde_json::from_slice(&checked.stderr).expect("JSON");
    assert_eq!(told["error"]["problems"].as_array().map(Vec::len), Some(3), "{told}");
    assert!(!told.to_string().contains("geheim"), "{told}");

    let good = bursar(&["config", "check"], &[("HOME", "/tmp")]);
    assert!(good.status.success() && text(&good.stdout).contains("can be used"), "{good:?}");
    let client = bursar(&["config", "check", "--purpose", "client"], &[]);
    assert!(client.status.success(), "{client:?}");
}
