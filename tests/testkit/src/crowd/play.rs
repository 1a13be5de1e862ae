//! The town of a script: its accounts on a real server, and its books once all is quiet.

use std::sync::Arc;
use std::time::Duration;

use bursar_domain::money::Decimal;
use bursar_proto::ledger::v1::{
    BatchCreateAccountsRequest, CloseAccountRequest, CreateAssetRequest, HoldState, NewAccount,
};
use tokio::sync::watch;

use super::books::Books;
use super::drive::{Crowd, Told};
use super::proof::{Proof, Tally};
use super::script::{Plan, Script};
use super::wire;
use crate::answers::ok;
use crate::caller::Caller;
use crate::ledger::id;
use crate::posting::{account, history};
use crate::server::TestTenant;

/// Holds that end within this are waited for.
const SHORT: Duration = Duration::from_secs(10);

/// A script and its accounts on a server.
pub struct Town {
    /// The script.
    pub script: Arc<Script>,
}

impl Town {
    /// Makes what the scripts of a tenant need beside their accounts.
    pub async fn found(admin: &Caller) {
        let asset = CreateAssetRequest {
            request_id: id(),
            code: "WEI".into(),
            name: "The smallest part of an ether's".into(),
            scale: 18,
            ..Default::default()
        };
        ok(admin.assets().create_asset(asset).await);
    }

    /// Draws a script and opens its accounts, in a tenant that was founded.
    pub async fn open(tenant: &TestTenant, seed: u64, plan: Plan) -> Self {
        let script = Script::draw(seed, plan);
        let accounts = script.accounts.iter().map(|spec| NewAccount {
            id: spec.id.to_string(),
            asset: spec.asset.to_string(),
            balance_rule: wire::rule(spec.rule).into(),
            overdraft_limit: match spec.overdraft {
                0 => String::new(),
                units => Decimal::from_units(units, spec.scale).to_string(),
            },
            ..Default::default()
        });
        let request = BatchCreateAccountsRequest {
            request_id: id(),
            accounts: accounts.collect(),
            validate_only: false,
        };
        ok(tenant.operator.accounts().batch_create_accounts(request).await);
        for spec in script.accounts.iter().filter(|spec| spec.closed) {
            let request = CloseAccountRequest {
                request_id: id(),
                id: spec.id.to_string(),
                ..Default::default()
            };
            ok(tenant.admin.accounts().close_account(request).await);
        }
        Self { script: Arc::new(script) }
    }

    /// A crowd on these connections.
    pub fn crowd(&self, callers: &watch::Receiver<Vec<Caller>>, size: usize) -> Crowd {
        Crowd::start(&self.script, callers, size)
    }

    /// Plays the whole script with a crowd on these connections; all that was told.
    pub async fn play(&self, callers: &[Caller], size: usize) -> Vec<Told> {
        let (_keep, callers) = watch::channel(callers.to_vec());
        self.crowd(&callers, size).finish().await
    }

    /// Proves that all that was told is true.
    pub async fn prove(&self, told: &[Told], reader: &Caller) -> Tally {
        let books = self.books(reader).await;
        let tally = Proof::new(&self.script, told, &books).check();
        println!("{tally:?}");
        tally
    }

    /// The books, once no hold is about to end by itself.
    pub async fn books(&self, caller: &Caller) -> Books {
        while self.waits(caller).await {
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        Books::read(caller, &self.script).await
    }

    async fn waits(&self, caller: &Caller) -> bool {
        let most = SHORT.as_secs().cast_signed();
        for spec in &self.script.accounts {
            let account = account(caller, &spec.id.to_string()).await;
            for transfer in history(caller, &account).await {
                let open = transfer.hold.as_ref().is_some_and(|h| h.state() == HoldState::Open);
                let begun = transfer.posted_at.as_ref().map_or(0, |at| at.seconds);
                let short =
                    transfer.expires_at.as_ref().is_some_and(|at| at.seconds - begun <= most);
                if open && short {
                    return true;
                }
            }
        }
        false
    }
}
