//! The calls, as any client of the generated code makes them.

use std::sync::Arc;
use std::time::Instant;

use bursar_proto::common::v1::Money;
use bursar_proto::ledger::v1::account_service_client::AccountServiceClient;
use bursar_proto::ledger::v1::get_balance_request::AsOf;
use bursar_proto::ledger::v1::transfer_service_client::TransferServiceClient;
use bursar_proto::ledger::v1::{
    BatchCreateTransfersRequest, BatchMode, CreateTransferRequest, GetBalanceRequest,
    ListTransfersRequest, NewTransfer, PostTransferRequest, SortOrder, TransferFilter,
};
use bursar_testkit::{Caller, Keyed, Random};
use prost_types::Timestamp;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use tonic::{Code, Status};
use uuid::Uuid;

use super::estate::House;
use super::pace::Turn;
use super::pick::{Pick, Texts};
use super::plan::Call;
use super::record::Book;

type Service = InterceptedService<Channel, Keyed>;

/// Clients with one tenant's key.
pub(super) struct Clients {
    pub(super) transfers: TransferServiceClient<Service>,
    accounts: AccountServiceClient<Service>,
}

/// One caller.
pub(super) struct Worker {
    pub(super) tenants: Vec<Clients>,
    pub(super) texts: Arc<Texts>,
    pub(super) random: Random,
    /// What it needs for calls of escrow and trading.
    pub(super) house: House,
    call: Call,
}

impl Worker {
    /// A caller with a key of each tenant.
    pub(super) fn new(tenants: &[Caller], texts: Arc<Texts>, call: Call, seed: u64) -> Self {
        let clients = |caller: &Caller| Clients {
            transfers: caller.transfers(),
            accounts: caller.accounts(),
        };
        let random = Random::seeded(seed);
        let (tenants, house) = (tenants.iter().map(clients).collect(), House::default());
        Self { tenants, texts, random, house, call }
    }

    fn transfer(&mut self, pending: bool) -> (usize, NewTransfer) {
        let pick = self.texts.pick(&mut self.random);
        (pick.tenant, NewTransfer { pending, ..new_transfer(&pick) })
    }

    async fn create(&mut self, tenant: usize, transfer: NewTransfer) -> Result<(), Status> {
        let request = CreateTransferRequest { transfer: Some(transfer), validate_only: false };
        self.tenants[tenant].transfers.create_transfer(request).await.map(drop)
    }

    async fn refused(&mut self) -> Result<(), Status> {
        let (tenant, mut transfer) = self.transfer(false);
        transfer.amount = transfer.amount.map(|m| Money { amount: "x".to_owned(), ..m });
        match self.create(tenant, transfer).await {
            Err(status) if status.code() == Code::InvalidArgument => Ok(()),
            Err(status) => Err(status),
            Ok(()) => Err(Status::unknown("a bad amount was taken")),
        }
    }

    async fn post(&mut self, tenant: usize, pending_id: String) -> Result<(), Status> {
        let id = Uuid::now_v7().to_string();
        let request = PostTransferRequest { id, pending_id, ..Default::default() };
        self.tenants[tenant].transfers.post_transfer(request).await.map(drop)
    }

    async fn batch(&mut self, size: u32) -> Result<(), Status> {
        let first = self.texts.pick(&mut self.random);
        let tenant = first.tenant;
        let mut transfers = Vec::with_capacity(size as usize);
        transfers.push(new_transfer(&first));
        while transfers.len() < size as usize {
            let pick = self.texts.pick(&mut self.random);
            if pick.tenant == tenant {
                transfers.push(new_transfer(&pick));
            }
        }
        let mode = BatchMode::AllOrNothing.into();
        let request = BatchCreateTransfersRequest { transfers, mode, validate_only: false };
        let reply = self.tenants[tenant].transfers.batch_create_transfers(request).await?;
        let results = reply.into_inner().results;
        if let Some(error) = results.iter().find_map(|result| result.error.as_ref()) {
            return Err(Status::unknown(format!("a transfer of a batch: {}", error.message)));
        }
        expect(results.len() == size as usize, "a batch has other than one result a transfer")
    }

    async fn balance(&mut self, as_of: Option<AsOf>) -> Result<(), Status> {
        let pick = self.texts.pick(&mut self.random);
        let request = GetBalanceRequest { account_id: pick.debit.to_owned(), as_of };
        let reply = self.tenants[pick.tenant].accounts.get_balance(request).await?;
        expect(reply.into_inner().balance.is_some(), "no balance")
    }

    async fn page(&mut self, size: u32) -> Result<(), Status> {
        let pick = self.texts.pick(&mut self.random);
        let account_id = pick.debit.to_owned();
        let request = ListTransfersRequest {
            filter: Some(TransferFilter { account_id, ..Default::default() }),
            order: SortOrder::NewestFirst.into(),
            page_size: i32::try_from(size).unwrap_or(i32::MAX),
            page_token: String::new(),
        };
        let reply = self.tenants[pick.tenant].transfers.list_transfers(request).await?;
        expect(reply.into_inner().transfers.len() == size as usize, "a page is not full")
    }
}

impl Turn for Worker {
    async fn turn(&mut self, since: Instant, book: &Book) {
        match self.call {
            Call::Transfer => {
                let (tenant, transfer) = self.transfer(false);
                book.note(since, 1, self.create(tenant, transfer).await);
            }
            Call::Refused => book.note(since, 1, self.refused().await),
            Call::TwoPhase => {
                let (tenant, transfer) = self.transfer(true);
                let pending_id = transfer.id.clone();
                let held = self.create(tenant, transfer).await;
                let is_held = held.is_ok();
                book.note(since, 1, held);
                if is_held {
                    let since = Instant::now();
                    book.note(since, 1, self.post(tenant, pending_id).await);
                }
            }
            Call::Batch(size) => book.note(since, size, self.batch(size).await),
            Call::Stream(size) => {
                // Its messages are noted as they are answered; here only how it ended.
                if let Err(status) = self.stream(size, book).await {
                    book.note(since, 0, Err(status));
                }
            }
            Call::Balance => book.note(since, 1, self.balance(None).await),
            Call::BalanceAsOf(from, to) => {
                let span = usize::try_from(to - from).unwrap_or_default().max(1) * 1_000;
                let ms = i64::try_from(self.random.below(span)).unwrap_or_default();
                #[allow(clippy::cast_possible_truncation, reason = "less than a second")]
                let nanos = (ms % 1_000) as i32 * 1_000_000;
                let moment = Timestamp { seconds: from + ms / 1_000, nanos };
                book.note(since, 1, self.balance(Some(AsOf::PostingTime(moment))).await);
            }
            Call::Page(size) => book.note(since, 1, self.page(size).await),
            Call::Propose => book.note(since, 1, self.house.propose().await),
            Call::Release => book.note(since, 1, self.house.release(&mut self.random).await),
            Call::Fill => book.note(since, 1, self.house.fill().await),
            Call::Positions => book.note(since, 1, self.house.positions(&mut self.random).await),
        }
    }
}

pub(super) fn new_transfer(pick: &Pick<'_>) -> NewTransfer {
    NewTransfer {
        id: Uuid::now_v7().to_string(),
        debit_account_id: pick.debit.to_owned(),
        credit_account_id: pick.credit.to_owned(),
        amount: Some(Money { asset: super::ASSET.to_owned(), amount: pick.amount.to_owned() }),
        ..Default::default()
    }
}

fn expect(holds: bool, otherwise: &str) -> Result<(), Status> {
    if holds { Ok(()) } else { Err(Status::unknown(otherwise)) }
}
