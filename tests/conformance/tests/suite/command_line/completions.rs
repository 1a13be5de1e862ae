//! Completion scripts: made for every shell, and bash's completes.

use std::process::{Command, Stdio};

use super::{program, run};

async fn script(shell: &str) -> String {
    let mut command = program(None, "");
    command.args(["completions", shell]);
    let ran = run(command).await;
    assert_eq!(ran.code(), 0, "{}", ran.err());
    ran.out()
}

#[tokio::test]
async fn every_shell_has_a_script_that_knows_the_commands() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = script(shell).await;
        for word in ["migrate", "smoke", "transfers", "manifest"] {
            assert!(script.contains(word), "{shell} does not know {word}");
        }
    }
}

/// What bash offers for the last of these words.
fn completed(script: &str, words: &[&str]) -> Vec<String> {
    let quoted: Vec<_> = words.iter().map(|word| format!("'{word}'")).collect();
    let last = words.len() - 1;
    let ask = format!(
        "{script}\nCOMP_WORDS=({}); COMP_CWORD={last}\n_bursar bursar '{}' '{}'\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"\n",
        quoted.join(" "),
        words[last],
        words[last - 1]
    );
    let output = Command::new("bash").args(["--norc", "-c", &ask]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).split_whitespace().map(str::to_owned).collect()
}

#[tokio::test]
async fn bash_completes_commands_options_and_values() {
    use std::io::Write as _;
    let script = script("bash").await;
    let mut check = Command::new("bash").arg("-n").stdin(Stdio::piped()).spawn().unwrap();
    check.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    assert!(check.wait().unwrap().success(), "it is bash");

    assert_eq!(completed(&script, &["bursar", "mig"]), ["migrate"]);
    assert_eq!(completed(&script, &["bursar", "tenant", "sus"]), ["suspend"]);
    assert_eq!(completed(&script, &["bursar", "demo", "seed", "--cus"]), ["--customers"]);
    assert_eq!(completed(&script, &["bursar", "health", "--output", ""]), ["text", "json", "csv"]);
}
