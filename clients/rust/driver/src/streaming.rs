//! `stream`: transfers through the client's stream.

use std::collections::BTreeSet;

use bursar_client::proto::ledger::v1::NewTransfer;
use bursar_client::{Client, Error};
use futures::channel::mpsc;
use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};

use crate::harness::control;
use crate::messages::{from_json, typed_to_json};
use crate::names::Names;
use crate::scenario::Stream;
use crate::setup::Setup;

pub(crate) async fn stream(
    client: &Client,
    step: &Stream,
    setup: &Setup,
    names: &Names,
) -> Result<Result<Value, Error>, String> {
    let mut transfers = transfers(step, setup, names)?;
    let kind = setup.pool.get_message_by_name("bursar.ledger.v1.TransferResult");
    let kind = kind.ok_or("results have a type")?;
    let later =
        transfers.split_off(step.pause_after.unwrap_or(transfers.len()).min(transfers.len()));
    let (first, mut later) = (transfers.len(), Some(later).filter(|later| !later.is_empty()));
    let (source, sending) = mpsc::channel(1);
    let mut source = Some(source);
    if later.is_none() {
        feed(source.take(), transfers);
    } else {
        feed(source.clone(), transfers);
    }
    let mut results = client.stream_transfers(sending);
    let (mut all, mut ok, mut distinct) = (Vec::new(), 0, BTreeSet::new());
    loop {
        match results.next().await {
            Ok(Some(result)) => {
                ok += usize::from(result.error.is_none());
                distinct.insert(result.id.clone());
                all.push(typed_to_json(kind.clone(), &result)?);
            }
            Ok(None) => break,
            Err(error) => return Ok(Err(error)),
        }
        if all.len() == first
            && let Some(later) = later.take()
        {
            if let Some(asked) = &step.control {
                control(&names.fill(asked)?).await?;
            }
            feed(source.take(), later);
        }
    }
    Ok(Ok(json!({
        "count": all.len().to_string(),
        "ok": ok.to_string(),
        "distinct": distinct.len().to_string(),
        "results": all,
    })))
}

/// Sends transfers beside the reading of results.
fn feed(source: Option<mpsc::Sender<NewTransfer>>, transfers: Vec<NewTransfer>) {
    let Some(mut source) = source else { return };
    tokio::spawn(async move {
        let mut transfers = futures::stream::iter(transfers).map(Ok);
        // A stream that failed takes no more.
        let _ = source.send_all(&mut transfers).await;
    });
}

fn transfers(step: &Stream, setup: &Setup, names: &Names) -> Result<Vec<NewTransfer>, String> {
    let kind = setup.pool.get_message_by_name("bursar.ledger.v1.NewTransfer");
    let kind = kind.ok_or("transfers have a type")?;
    let made = |value: &Value| {
        let message = from_json(kind.clone(), &names.fill(value)?)?;
        message.transcode_to::<NewTransfer>().map_err(|error| error.to_string())
    };
    if let Some(transfers) = &step.transfers {
        return transfers.iter().map(made).collect();
    }
    let one = made(step.of.as_ref().ok_or("a stream has transfers, or count and of")?)?;
    Ok(vec![one; step.count.unwrap_or_default()])
}
