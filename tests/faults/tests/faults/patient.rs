//! A client that tells its deadline and then waits for the server's own answer: tonic's gives up by itself.

use std::time::{Duration, Instant};

use bursar_proto::ledger::v1::transfer_service_client::TransferServiceClient;
use bursar_proto::ledger::v1::{CreateTransferRequest, CreateTransferResponse, NewTransfer};
use bursar_testkit::{Caller, Fault, fault};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tonic::Request;

/// Posts with that deadline on a connection of its own; what the server said, and after how long.
pub(crate) async fn post_within(
    port: u16,
    caller: &Caller,
    transfer: NewTransfer,
    deadline: Duration,
) -> (Result<CreateTransferResponse, Fault>, Duration) {
    let http = Client::builder(TokioExecutor::new()).http2_only(true).build_http();
    let origin = format!("http://127.0.0.1:{port}").parse().expect("an address");
    let mut client = TransferServiceClient::with_origin(http, origin);
    let mut request =
        Request::new(CreateTransferRequest { transfer: Some(transfer), validate_only: false });
    request.set_timeout(deadline);
    let key = format!("Bearer {}", caller.key_text).parse().expect("a header value");
    request.metadata_mut().insert("authorization", key);
    let since = Instant::now();
    let limit = deadline + Duration::from_secs(10);
    let reply =
        tokio::time::timeout(limit, client.create_transfer(request)).await.expect("no call hangs");
    (reply.map(tonic::Response::into_inner).map_err(fault), since.elapsed())
}
