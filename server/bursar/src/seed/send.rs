//! Sends it: batches where there are batches, else several calls on their way at once.

use super::month::Month;
use super::{POINTS, Plan, accounts};
use crate::cli::{Client, Failure};
use crate::import::patiently;
use bursar_domain::limits::MAX_BATCH_TRANSFERS;
use bursar_proto::ledger::v1::{
    AssetKind, BatchCreateTransfersRequest, BatchMode, CreateAssetRequest, NewTransfer,
};
use tokio::task::JoinSet;
use tonic::Status;

/// Calls on their way at once.
const IN_FLIGHT: usize = 16;

/// What was made.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Made {
    /// Accounts, those that were there included.
    pub(crate) accounts: usize,
    /// Transfers, those that were there included.
    pub(crate) transfers: usize,
    /// Transfers that were there.
    pub(crate) replayed: usize,
}

/// Data on its way to a tenant.
pub(crate) struct Seeding<'a> {
    /// Calls as an admin of the tenant.
    pub(crate) client: Client,
    /// What to make.
    pub(crate) plan: Plan,
    /// Told how much is done, of how much.
    pub(crate) progress: &'a mut (dyn FnMut(usize, usize) + Send),
    made: Made,
    total: usize,
}

impl<'a> Seeding<'a> {
    /// Nothing is sent yet.
    pub(crate) fn new(
        client: Client,
        plan: Plan,
        progress: &'a mut (dyn FnMut(usize, usize) + Send),
    ) -> Self {
        Self { client, plan, progress, made: Made::default(), total: 0 }
    }

    /// Makes all of it, oldest month first.
    ///
    /// # Errors
    /// When the server refuses a call, or is away for too long.
    pub(crate) async fn run(mut self) -> Result<Made, Failure> {
        let months: Vec<_> =
            self.plan.months().into_iter().map(|first| Month::of(self.plan, first)).collect();
        self.total = months.iter().map(Month::len).sum();
        self.asset().await?;
        self.accounts().await?;
        for month in months {
            self.month(month).await?;
        }
        Ok(self.made)
    }

    async fn asset(&self) -> Result<(), Failure> {
        let request = CreateAssetRequest {
            request_id: self.plan.id("asset"),
            code: POINTS.into(),
            name: "Loyalty points".into(),
            scale: 0,
            kind: AssetKind::Other.into(),
            ..Default::default()
        };
        let reply = patiently(|| {
            let (mut service, request) = (self.client.assets(), request.clone());
            async move { service.create_asset(request).await }
        })
        .await;
        match reply {
            // Another seed made it.
            Err(status) if status.code() == tonic::Code::AlreadyExists => Ok(()),
            other => other.map(drop).map_err(Failure::from),
        }
    }

    async fn accounts(&mut self) -> Result<(), Failure> {
        let requests = accounts::requests(self.plan);
        self.made.accounts = requests.iter().map(|request| request.accounts.len()).sum();
        let client = self.client.clone();
        self.each(requests, 0, move |request| {
            let mut service = client.accounts();
            async move { service.batch_create_accounts(request).await.map(|_| false) }
        })
        .await
    }

    async fn month(&mut self, month: Month) -> Result<(), Failure> {
        self.batches(month.opening).await?;
        for posts in [month.posts, month.rests] {
            let client = self.client.clone();
            self.each(posts, 1, move |request| {
                let mut service = client.transfers();
                async move { Ok(service.post_transfer(request).await?.into_inner().replayed) }
            })
            .await?;
        }
        let client = self.client.clone();
        self.each(month.voids, 1, move |request| {
            let mut service = client.transfers();
            async move { Ok(service.void_transfer(request).await?.into_inner().replayed) }
        })
        .await?;
        let client = self.client.clone();
        self.each(month.refunds, 1, move |request| {
            let mut service = client.transfers();
            async move { Ok(service.reverse_transfer(request).await?.into_inner().replayed) }
        })
        .await?;
        self.batches(month.closing).await
    }

    /// Sends transfers in order, all of a batch or none.
    async fn batches(&mut self, transfers: Vec<NewTransfer>) -> Result<(), Failure> {
        // Linked transfers are two, and the size of a batch is even only by chance: they must not be parted.
        let mut rest = transfers;
        while !rest.is_empty() {
            let mut end = rest.len().min(MAX_BATCH_TRANSFERS);
            let parted = |end: usize| {
                end < rest.len()
                    && !rest[end].group_id.is_empty()
                    && rest[end].group_id == rest[end - 1].group_id
            };
            if parted(end) {
                end -= 1;
            }
            let later = rest.split_off(end);
            let request = BatchCreateTransfersRequest {
                transfers: std::mem::replace(&mut rest, later),
                mode: BatchMode::AllOrNothing.into(),
                validate_only: false,
            };
            let reply = patiently(|| {
                let (mut service, request) = (self.client.transfers(), request.clone());
                async move { service.batch_create_transfers(request).await }
            })
            .await?;
            let results = reply.into_inner().results;
            let replayed = results.iter().filter(|result| result.replayed).count();
            self.count(results.len(), replayed);
        }
        Ok(())
    }

    /// Makes calls that do not depend on each other, each worth so many transfers.
    async fn each<R, F>(
        &mut self,
        requests: Vec<R>,
        worth: usize,
        call: impl Fn(R) -> F + Clone + Send + Sync + 'static,
    ) -> Result<(), Failure>
    where
        R: Clone + Send + Sync + 'static,
        F: Future<Output = Result<bool, Status>> + Send + 'static,
    {
        let mut waiting = requests.into_iter();
        let mut running = JoinSet::new();
        loop {
            while running.len() < IN_FLIGHT
                && let Some(request) = waiting.next()
            {
                let call = call.clone();
                running.spawn(async move { patiently(|| call(request.clone())).await });
            }
            let Some(done) = running.join_next().await else { return Ok(()) };
            let replayed = done.map_err(|e| Failure::failed(format!("a call failed: {e}")))??;
            self.count(worth, if replayed { worth } else { 0 });
        }
    }

    fn count(&mut self, transfers: usize, replayed: usize) {
        self.made.transfers += transfers;
        self.made.replayed += replayed;
        (self.progress)(self.made.transfers, self.total);
    }
}
