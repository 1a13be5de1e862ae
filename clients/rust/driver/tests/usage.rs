//! Without arguments the driver says how it is called. That there is a test of the program also has `cargo test` build
//! the program, with the same features as everything else: `driver.sh` rests on it.

#![allow(clippy::unwrap_used)]

use std::process::Command;

#[test]
fn without_arguments_it_says_how_it_is_called() {
    let output = Command::new(env!("CARGO_BIN_EXE_bursar-client-driver")).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("<folder of scenarios>"));
}
