//! Faults of the machine: addresses, variables, files, the disk.

use super::{NOWHERE, PEPPER, commands, doctor};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

#[tokio::test]
async fn a_database_that_is_down_and_no_server() {
    let down = [
        ("DATABASE_URL", "postgres://bursar_app:geheim@127.0.0.1:9/bursar"),
        ("BURSAR_URL", NOWHERE),
    ];
    let seen = doctor(&down, &[]).await;
    let remedy = seen.remedy("connection", "error", "DATABASE_URL");
    assert!(remedy.contains("check that PostgreSQL runs"), "{remedy}");
    let remedy = seen.remedy("server", "error", NOWHERE);
    assert_eq!(commands(&remedy), ["bursar serve"]);
    assert_eq!(seen.code, 4, "nothing can be reached");
    assert!(!seen.of("configuration", "BURSAR_PEPPER").is_empty(), "the rest is looked at");
}

#[tokio::test]
async fn a_wrong_configuration() {
    let seen = doctor(&[("BURSAR_LOG", "xml"), ("BURSAR_LISTEN", "here")], &[]).await;
    assert_eq!(seen.code, 2);
    assert_eq!(seen.remedy("configuration", "error", "BURSAR_LOG"), "give human or json");
    assert!(seen.remedy("configuration", "error", "BURSAR_LISTEN").contains("127.0.0.1:50051"));
}

#[tokio::test]
async fn a_secret_that_everybody_can_read() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), PEPPER).unwrap();
    std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o644)).unwrap();
    let path = file.path().to_str().unwrap();
    let variables = [("BURSAR_PEPPER_FILE", path)];
    let arguments = ["--check", "configuration"];
    let seen = doctor(&variables, &arguments).await;
    assert_eq!(seen.code, 1);
    let remedy = seen.remedy("configuration", "error", path);
    let healed = Command::new("sh").args(["-c", commands(&remedy)[0]]).status().unwrap();
    assert!(healed.success());
    assert_eq!(doctor(&variables, &arguments).await.code, 0);
}

/// A small disk. Dropped, it is gone.
struct SmallDisk(tempfile::TempDir);

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

#[tokio::test]
async fn a_disk_that_is_nearly_full() {
    let dir = tempfile::tempdir().unwrap();
    let mount = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=16m", "bursar-doctor"])
        .arg(dir.path())
        .output();
    if !mount.as_ref().is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED: a disk that is full needs the right to mount one: {mount:?}");
        return;
    }
    let disk = SmallDisk(dir);
    let path = disk.0.path().to_str().unwrap();
    let variables = [("STORE_BACKEND", "embedded"), ("BURSAR_DATA_DIR", path)];
    let seen = doctor(&variables, &["--check", "disk"]).await;
    let remedy = seen.remedy("disk", "error", path);
    assert!(remedy.contains("BURSAR_DATA_DIR"), "{remedy}");
}

#[tokio::test]
async fn a_certificate_that_ends_soon() {
    let dir = tempfile::tempdir().unwrap();
    let (certificate, key) = (dir.path().join("tls.crt"), dir.path().join("tls.key"));
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-nodes",
            "-newkey",
            "ed25519",
            "-subj",
            "/CN=localhost",
            "-days",
            "3",
            "-out",
        ])
        .arg(&certificate)
        .arg("-keyout")
        .arg(&key)
        .output();
    if !made.as_ref().is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED: a certificate needs openssl: {made:?}");
        return;
    }
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let (certificate, key) = (certificate.to_str().unwrap(), key.to_str().unwrap());
    let variables = [("BURSAR_TLS_CERT", certificate), ("BURSAR_TLS_KEY", key)];
    let seen = doctor(&variables, &["--check", "server", "--check", "configuration"]).await;
    assert!(seen.remedy("server", "warning", certificate).contains("renew it"));
    assert!(seen.remedy("configuration", "error", key).contains("chmod 600"));
}
