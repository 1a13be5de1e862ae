//! Transfers: the only way money moves. Their ids are their request ids, so they bring no [`crate::call::write`].

use std::sync::Arc;

use bursar_domain::posting::{Command, Done};
use bursar_proto::ledger::v1 as pb;
use bursar_proto::ledger::v1::transfer_service_server::TransferService;
use tonic::{Request, Response, Status, Streaming};

use super::convert_batch::{batch, in_batch, results};
use super::convert_command::{create, post, reverse, void};
use super::convert_filter::{cursor, list};
use super::convert_group::{in_legs, post_group, settled, void_group};
use super::convert_transfer::{made, to_wire};
use super::{batch_ids, bounded, stream};
use crate::call::{ListRequest as _, answer, fit, page_token};
use crate::convert::id;
use crate::kernel::Kernel;
use crate::streams::Bounds;

type Reply<T> = Result<Response<T>, Status>;

/// The transfer service.
pub(crate) struct Transfers(pub(crate) Arc<Kernel>);

#[tonic::async_trait]
impl TransferService for Transfers {
    async fn create_transfer(
        &self,
        request: Request<pb::CreateTransferRequest>,
    ) -> Reply<pb::CreateTransferResponse> {
        answer(request, |op, m| async move {
            let done = self.0.store.transfer_submit(&op, create(&m)?, m.validate_only).await;
            let Done { transfer, replayed } = done.map_err(|error| error.within("transfer."))?;
            Ok(Response::new(pb::CreateTransferResponse {
                transfer: Some(made(&transfer)),
                replayed,
            }))
        })
        .await
    }

    async fn batch_create_transfers(
        &self,
        request: Request<pb::BatchCreateTransfersRequest>,
    ) -> Reply<pb::BatchCreateTransfersResponse> {
        answer(request, |op, m| async move {
            let (commands, how) = batch(&m)?;
            let ids: Vec<_> = commands.iter().map(Command::id).collect();
            let outcomes =
                self.0.store.transfer_submit_batch(&op, commands, how).await.map_err(in_batch)?;
            Ok(Response::new(results(&ids, outcomes)))
        })
        .await
    }

    type StreamTransfersStream = stream::Replies;

    async fn stream_transfers(
        &self,
        request: Request<Streaming<pb::StreamTransfersRequest>>,
    ) -> Reply<Self::StreamTransfersStream> {
        let bounds = Bounds::of(&request);
        let kernel = self.0.clone();
        let open = |op, incoming| async move { Ok(stream::open(kernel, op, bounds, incoming)) };
        answer(request, open).await
    }

    async fn post_transfer(
        &self,
        request: Request<pb::PostTransferRequest>,
    ) -> Reply<pb::PostTransferResponse> {
        answer(request, |op, m| async move {
            let Done { transfer, replayed } =
                self.0.store.transfer_submit(&op, post(&m)?, m.validate_only).await?;
            Ok(Response::new(pb::PostTransferResponse {
                transfer: Some(made(&transfer)),
                replayed,
            }))
        })
        .await
    }

    async fn void_transfer(
        &self,
        request: Request<pb::VoidTransferRequest>,
    ) -> Reply<pb::VoidTransferResponse> {
        answer(request, |op, m| async move {
            let Done { transfer, replayed } =
                self.0.store.transfer_submit(&op, void(&m)?, m.validate_only).await?;
            Ok(Response::new(pb::VoidTransferResponse {
                transfer: Some(made(&transfer)),
                replayed,
            }))
        })
        .await
    }

    async fn post_transfers(
        &self,
        request: Request<pb::PostTransfersRequest>,
    ) -> Reply<pb::PostTransfersResponse> {
        answer(request, |op, m| async move {
            let validate_only = m.validate_only;
            let (group, legs) = post_group(m)?;
            let done = self.0.store.transfer_submit_group(&op, group, legs, validate_only).await;
            let (results, replayed) = settled(&done.map_err(in_legs)?);
            Ok(Response::new(pb::PostTransfersResponse { results, replayed }))
        })
        .await
    }

    async fn void_transfers(
        &self,
        request: Request<pb::VoidTransfersRequest>,
    ) -> Reply<pb::VoidTransfersResponse> {
        answer(request, |op, m| async move {
            let validate_only = m.validate_only;
            let (group, legs) = void_group(m)?;
            let done = self.0.store.transfer_submit_group(&op, group, legs, validate_only).await;
            let (results, replayed) = settled(&done.map_err(in_legs)?);
            Ok(Response::new(pb::VoidTransfersResponse { results, replayed }))
        })
        .await
    }

    async fn reverse_transfer(
        &self,
        request: Request<pb::ReverseTransferRequest>,
    ) -> Reply<pb::ReverseTransferResponse> {
        answer(request, |op, m| async move {
            let Done { transfer, replayed } =
                self.0.store.transfer_submit(&op, reverse(&m)?, m.validate_only).await?;
            Ok(Response::new(pb::ReverseTransferResponse {
                transfer: Some(made(&transfer)),
                replayed,
            }))
        })
        .await
    }

    async fn get_transfer(
        &self,
        request: Request<pb::GetTransferRequest>,
    ) -> Reply<pb::GetTransferResponse> {
        answer(request, |op, m| async move {
            let transfer = self.0.store.transfer_get(&op, id("id", &m.id)?).await?;
            Ok(Response::new(pb::GetTransferResponse { transfer: Some(to_wire(&transfer)) }))
        })
        .await
    }

    async fn batch_get_transfers(
        &self,
        request: Request<pb::BatchGetTransfersRequest>,
    ) -> Reply<pb::BatchGetTransfersResponse> {
        answer(request, |op, m| async move {
            let transfers = self.0.store.transfer_get_batch(&op, &batch_ids(&m.ids)?).await?;
            bounded(pb::BatchGetTransfersResponse {
                transfers: transfers.iter().map(to_wire).collect(),
            })
        })
        .await
    }

    async fn list_transfers(
        &self,
        request: Request<pb::ListTransfersRequest>,
    ) -> Reply<pb::ListTransfersResponse> {
        answer(request, |op, m| async move {
            let bytes = m.filter_bytes();
            let asked = list(&op, &bytes, &m)?;
            let page = self
                .0
                .store
                .transfer_list(&op, &asked.filter, asked.newest_first, &asked.page)
                .await?;
            let page = fit(page, cursor, to_wire);
            let next_page_token = page_token(&op, &bytes, &page);
            Ok(Response::new(pb::ListTransfersResponse { transfers: page.items, next_page_token }))
        })
        .await
    }
}
