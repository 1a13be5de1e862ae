//! What scenarios ask of the harness.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::world::World;

/// How long no connection comes through when all are cut: all that were there must have seen it.
const CUT: Duration = Duration::from_millis(100);

impl World {
    /// Carries one control out.
    pub(crate) async fn control(self: &Arc<Self>, asked: &Value) -> Result<(), String> {
        match asked.as_str().or_else(|| asked["do"].as_str()).unwrap_or_default() {
            "restart" => {
                let mut plain = self.plain.lock().await;
                if let Some(process) = plain.take() {
                    process.kill().await;
                }
                *plain = Some(self.serve_again().await);
            }
            "restart_later" => self.restart_later(number(asked, "ms")?).await,
            "cut" => {
                self.proxy.cut();
                tokio::time::sleep(CUT).await;
                self.proxy.mend();
            }
            "lock" => self.lock(text(asked, "account")?).await?,
            "unlock" => {
                // The end of its connection ends its transaction, and with it the lock.
                self.lock.lock().await.take();
            }
            "relay" => self.relay.set(asked)?,
            "wait" => tokio::time::sleep(Duration::from_millis(number(asked, "ms")?)).await,
            other => return Err(format!("the harness has no control {other:?}")),
        }
        Ok(())
    }

    async fn restart_later(self: &Arc<Self>, ms: u64) {
        // The next control that needs the server waits until it is there again.
        let mut plain = self.plain.clone().lock_owned().await;
        if let Some(process) = plain.take() {
            process.kill().await;
        }
        let world = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(ms)).await;
            *plain = Some(world.serve_again().await);
        });
    }

    async fn lock(&self, account: &str) -> Result<(), String> {
        let client = self.database.connect().await;
        // Text of a scenario, so it goes in as a value.
        client.batch_execute("BEGIN").await.map_err(|error| error.to_string())?;
        let statement = "SELECT 1 FROM bursar.ledger_account WHERE id::text = $1 FOR UPDATE";
        let rows = client.query(statement, &[&account]).await.map_err(|error| error.to_string())?;
        if rows.len() != 1 {
            return Err(format!("there is no account {account}"));
        }
        *self.lock.lock().await = Some(client);
        Ok(())
    }
}

fn number(asked: &Value, name: &str) -> Result<u64, String> {
    asked[name].as_u64().ok_or_else(|| format!("the control needs {name}, a number"))
}

fn text<'a>(asked: &'a Value, name: &str) -> Result<&'a str, String> {
    asked[name].as_str().ok_or_else(|| format!("the control needs {name}, a text"))
}
