//! What the steps share: who calls, and what was made so far.

use super::{Wrong, expecting};
use crate::cli::Client;
use bursar_proto::admin::v1::{CreateTenantRequest, WhoAmIResponse};
use bursar_proto::common::v1::{Money, Role};
use bursar_proto::ledger::v1::{
    Balance, CreateTransferRequest, CreateTransferResponse, GetBalanceRequest, GetBalanceResponse,
    NewTransfer, Transfer,
};
use secrecy::SecretString;
use tonic::Status;
use uuid::Uuid;

/// A tenant that was made for the check.
pub(crate) struct Made {
    /// Its id.
    pub(super) id: String,
    /// Calls as its admin.
    pub(super) client: Client,
}

/// What the steps share.
pub(crate) struct World {
    /// Calls with the key that was given.
    pub(super) given: Client,
    /// Who the given key is.
    pub(super) who: WhoAmIResponse,
    /// Calls in the tenant that is worked in.
    pub(super) client: Client,
    /// The tenants that were made; the first is worked in.
    pub(super) made: Vec<Made>,
    /// A tenant asked for whose reply has not come: an interrupt or a lost answer may leave one.
    pub(super) unanswered: Option<CreateTenantRequest>,
    /// Asset of the accounts.
    pub(super) asset: String,
    /// Account that may go below zero; empty until it is made.
    pub(super) bank: String,
    /// Account that may not.
    pub(super) customer: String,
    /// Marks everything of this run.
    pub(super) run: Uuid,
    /// The first transfer as it was asked for.
    pub(super) asked: NewTransfer,
    /// The first transfer as it was made.
    pub(super) first: Transfer,
    /// The pending transfer.
    pub(super) pending: String,
    /// The transfer that posted a part of it.
    pub(super) posted: Transfer,
}

impl World {
    /// Nothing is made yet.
    pub(crate) fn new(given: Client) -> Self {
        Self {
            client: given.clone(),
            given,
            who: WhoAmIResponse::default(),
            made: Vec::new(),
            unanswered: None,
            asset: "EUR".into(),
            bank: String::new(),
            customer: String::new(),
            run: Uuid::now_v7(),
            asked: NewTransfer::default(),
            first: Transfer::default(),
            pending: String::new(),
            posted: Transfer::default(),
        }
    }

    /// What is left on the server when nothing is taken back, in words.
    pub(crate) fn left(&self) -> String {
        if let Some(made) = self.made.first() {
            let ids: Vec<_> = self.made.iter().map(|made| made.id.as_str()).collect();
            format!(
                "kept: tenants {}; remove one with `bursar tenant delete {} --force --yes`",
                ids.join(" and "),
                made.id
            )
        } else if self.bank.is_empty() {
            "nothing was made".into()
        } else {
            format!("kept: accounts {} and {}", self.bank, self.customer)
        }
    }

    /// Whether the tenant worked in is one of this check's own.
    pub(super) fn own(&self) -> bool {
        !self.made.is_empty()
    }

    /// Whether the key worked with is an admin's: the first key of an own tenant is.
    pub(super) fn admin(&self) -> bool {
        self.own() || self.who.role() == Role::Admin
    }

    /// Makes a tenant, named so that nobody takes it for a customer.
    pub(super) async fn make_tenant(&mut self, what: &str) -> Result<(), Wrong> {
        let request = CreateTenantRequest {
            request_id: new_id(),
            name: format!("bursar smoke {what} {}", self.run),
            key_label: "bursar smoke".into(),
            ..Default::default()
        };
        let expected = "a temporary tenant with a key";
        self.unanswered = Some(request.clone());
        let mut tenants = self.given.tenants();
        let reply = tenants.create_tenant(request).await.map_err(expecting(expected))?;
        let reply = reply.into_inner();
        let client = self.given.with_key(&SecretString::from(reply.key));
        let client = client.map_err(|e| Wrong::new(expected, e.message))?;
        self.unanswered = None;
        self.made.push(Made { id: reply.tenant.unwrap_or_default().id, client });
        Ok(())
    }

    /// A transfer to be, of the asset worked with.
    pub(super) fn transfer(&self, debit: &str, credit: &str, amount: &str) -> NewTransfer {
        NewTransfer {
            id: new_id(),
            debit_account_id: debit.into(),
            credit_account_id: credit.into(),
            amount: Some(self.money(amount)),
            code: "smoke".into(),
            external_reference: format!("smoke:{}", self.run),
            ..Default::default()
        }
    }

    /// An amount of the asset worked with.
    pub(super) fn money(&self, amount: &str) -> Money {
        Money { asset: self.asset.clone(), amount: amount.into() }
    }

    /// Makes a transfer.
    pub(super) async fn send(
        &self,
        transfer: NewTransfer,
    ) -> Result<CreateTransferResponse, Status> {
        let request = CreateTransferRequest { transfer: Some(transfer), validate_only: false };
        Ok(self.client.transfers().create_transfer(request).await?.into_inner())
    }

    /// The balance of an account.
    pub(super) async fn balance(
        &self,
        request: GetBalanceRequest,
    ) -> Result<GetBalanceResponse, Wrong> {
        let reply = self.client.accounts().get_balance(request).await;
        Ok(reply.map_err(expecting("a balance"))?.into_inner())
    }

    /// The customer's balance now.
    pub(super) async fn customer_balance(&self) -> Result<Balance, Wrong> {
        let request = GetBalanceRequest { account_id: self.customer.clone(), as_of: None };
        Ok(self.balance(request).await?.balance.unwrap_or_default())
    }
}

/// A new id.
pub(super) fn new_id() -> String {
    Uuid::now_v7().to_string()
}
