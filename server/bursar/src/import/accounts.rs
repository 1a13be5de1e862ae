//! Accounts by external reference: found, or made.

use super::map::Map;
use super::run::ImportError;
use super::send::patiently;
use crate::cli::Client;
use bursar_domain::limits::MAX_BATCH_ACCOUNTS;
use bursar_proto::ledger::v1::{
    AccountFilter, BatchCreateAccountsRequest, ListAccountsRequest, NewAccount,
};
use std::collections::{BTreeMap, HashMap};
use tokio::task::JoinSet;
use tonic::Code;
use uuid::Uuid;

/// Look-ups at once.
const LOOKUPS: usize = 16;

/// What is known of accounts so far.
#[derive(Default)]
pub(crate) struct Accounts {
    ids: HashMap<String, String>,
}

impl Accounts {
    /// The id of an account that [`Accounts::learn`] found or made.
    pub(crate) fn id(&self, reference: &str) -> Option<&str> {
        self.ids.get(reference).map(String::as_str)
    }

    /// Finds the accounts, each given with its asset, and makes those that are not there if the
    /// mapping says so. Those that are not there otherwise stay unknown.
    pub(crate) async fn learn(
        &mut self,
        client: &Client,
        map: &Map,
        references: impl Iterator<Item = (String, String)>,
    ) -> Result<(), ImportError> {
        let mut unknown: BTreeMap<String, String> =
            references.filter(|(r, _)| !self.ids.contains_key(r)).collect();
        self.find(client, &mut unknown).await?;
        if !map.create_accounts || unknown.is_empty() {
            return Ok(());
        }
        let new: Vec<(String, String)> = unknown.into_iter().collect();
        for chunk in new.chunks(MAX_BATCH_ACCOUNTS) {
            if !self.create(client, map, chunk).await? {
                // Another import made one of them in the meantime.
                let mut again = chunk.iter().cloned().collect();
                self.find(client, &mut again).await?;
                let rest: Vec<_> = again.into_iter().collect();
                if !rest.is_empty() && !self.create(client, map, &rest).await? {
                    return Err(ImportError::Accounts);
                }
            }
        }
        Ok(())
    }

    /// Looks the accounts up, several at once, and takes the found ones out of `unknown`.
    async fn find(
        &mut self,
        client: &Client,
        unknown: &mut BTreeMap<String, String>,
    ) -> Result<(), ImportError> {
        let mut waiting: Vec<String> = unknown.keys().cloned().collect();
        let mut running = JoinSet::new();
        loop {
            while running.len() < LOOKUPS
                && let Some(reference) = waiting.pop()
            {
                running.spawn(look_up(client.clone(), reference));
            }
            let Some(done) = running.join_next().await else { return Ok(()) };
            let (reference, id) = done.map_err(|e| ImportError::Task(e.to_string()))??;
            if let Some(id) = id {
                unknown.remove(&reference);
                self.ids.insert(reference, id);
            }
        }
    }

    /// Makes the accounts; false when one of them exists by now.
    async fn create(
        &mut self,
        client: &Client,
        map: &Map,
        new: &[(String, String)],
    ) -> Result<bool, ImportError> {
        let accounts =
            new.iter().map(|(reference, asset)| new_account(map, reference, asset)).collect();
        let request = BatchCreateAccountsRequest {
            request_id: Uuid::now_v7().to_string(),
            accounts,
            validate_only: false,
        };
        let reply = patiently(|| {
            let (mut service, request) = (client.accounts(), request.clone());
            async move { service.batch_create_accounts(request).await }
        })
        .await;
        match reply {
            Ok(reply) => {
                let made = reply.into_inner().accounts;
                self.ids.extend(
                    made.into_iter().map(|account| (account.external_reference, account.id)),
                );
                Ok(true)
            }
            Err(status) if status.code() == Code::AlreadyExists => Ok(false),
            Err(status) => Err(status.into()),
        }
    }
}

async fn look_up(
    client: Client,
    reference: String,
) -> Result<(String, Option<String>), ImportError> {
    let filter = AccountFilter { external_reference: reference.clone(), ..Default::default() };
    let request = ListAccountsRequest { filter: Some(filter), page_size: 1, ..Default::default() };
    let reply = patiently(|| {
        let (mut service, request) = (client.accounts(), request.clone());
        async move { service.list_accounts(request).await }
    })
    .await?;
    let id = reply.into_inner().accounts.pop().map(|account| account.id);
    Ok((reference, id))
}

fn new_account(map: &Map, reference: &str, asset: &str) -> NewAccount {
    let mut account = NewAccount {
        asset: asset.to_owned(),
        external_reference: reference.to_owned(),
        ..Default::default()
    };
    if let Some(rule) = map.accounts.iter().find(|rule| reference.starts_with(&rule.prefix)) {
        account.code.clone_from(&rule.code);
        account.balance_rule = rule.balance_rule().into();
        account.overdraft_limit.clone_from(&rule.overdraft_limit);
    }
    account
}
