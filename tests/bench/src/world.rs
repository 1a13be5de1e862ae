//! Tenants with accounts, made through the API.

use bursar_proto::ledger::v1::{BatchCreateAccountsRequest, NewAccount};
use bursar_testkit::{Caller, TestTenant, id};
use futures::stream::{self, StreamExt as _, TryStreamExt as _};

use crate::Fault;
use crate::load::ASSET;
use crate::load::plan::{Tenant, account_id};

/// Accounts of one call.
const CHUNK: u32 = 200;
/// Calls at once.
const AT_ONCE: usize = 4;

/// Makes a tenant with that many accounts; `told` gets how many there are.
///
/// # Errors
/// When a call is refused.
pub(crate) async fn tenant(
    platform: &Caller,
    seed: u64,
    number: u32,
    accounts: u32,
    told: &(dyn Fn(u32) + Sync),
) -> Result<Tenant, Fault> {
    let made = TestTenant::new(platform).await;
    let chunks = (1..=accounts).step_by(CHUNK as usize).map(|first| {
        let last = accounts.min(first + CHUNK - 1);
        let caller = made.operator.clone();
        async move {
            let new = |place| NewAccount {
                id: account_id(seed, number, place).to_string(),
                asset: ASSET.to_owned(),
                ..Default::default()
            };
            let accounts = (first..=last).map(new).collect();
            let request =
                BatchCreateAccountsRequest { request_id: id(), accounts, ..Default::default() };
            let made = caller.accounts().batch_create_accounts(request).await;
            made.map(|_| last + 1 - first).map_err(|status| format!("no accounts: {status}"))
        }
    });
    let mut made_so_far = 0;
    let mut chunks = stream::iter(chunks).buffer_unordered(AT_ONCE);
    while let Some(more) = chunks.try_next().await? {
        made_so_far += more;
        told(made_so_far);
    }
    Ok(Tenant { number, key: made.operator.key_text.clone(), accounts })
}
