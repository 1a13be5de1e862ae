//! Questions to the harness, one at a time.

use serde_json::{Value, json};
use tokio::sync::Mutex;

static ONE: Mutex<()> = Mutex::const_new(());

/// Has the harness carry something out.
pub(crate) async fn control(asked: &Value) -> Result<(), String> {
    let _one = ONE.lock().await;
    println!("{}", json!({ "control": asked }));
    let line = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).map(|_| line)
    });
    let line = line.await.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
    let answer: Value = serde_json::from_str(&line).map_err(|error| error.to_string())?;
    if answer["done"] == json!(true) { Ok(()) } else { Err(format!("the harness: {answer}")) }
}
