//! Sends batches, again when that may help. Ids come from the data, so sending again never doubles.

use super::Refused;
use super::run::ImportError;
use crate::cli::{Client, is_lost, reason_of};
use bursar_proto::ledger::v1::{BatchCreateTransfersRequest, BatchMode, NewTransfer};
use std::collections::BTreeMap;
use std::time::Duration;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

/// How often a call is tried.
const ATTEMPTS: u32 = 10;
/// Longest wait between two tries.
const MAX_WAIT: Duration = Duration::from_secs(8);

/// What became of a batch.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    pub(crate) posted: u64,
    pub(crate) replayed: u64,
    pub(crate) refused: Vec<Refused>,
    /// Id of a transfer that the server has now.
    pub(crate) witness: Option<String>,
}

/// Makes a call, again while the server is busy or away.
pub(crate) async fn patiently<T, F>(call: impl Fn() -> F) -> Result<T, Status>
where
    F: Future<Output = Result<T, Status>>,
{
    let mut wait = Duration::from_millis(250);
    for _ in 1..ATTEMPTS {
        let status = match call().await {
            Err(status)
                if is_lost(&status)
                    || matches!(
                        status.code(),
                        // Cancelled is tonic's word for a call that it had not sent when its connection ended.
                        Code::Unavailable
                            | Code::DeadlineExceeded
                            | Code::ResourceExhausted
                            | Code::Cancelled
                    ) =>
            {
                status
            }
            done => return done,
        };
        let advised = status.get_details_retry_info().and_then(|info| info.retry_delay);
        tokio::time::sleep(advised.unwrap_or(wait).clamp(wait / 4, MAX_WAIT)).await;
        wait = (wait * 2).min(MAX_WAIT);
    }
    call().await
}

/// Posts transfers, each given with its line.
pub(crate) async fn send(
    client: Client,
    mut batch: Vec<(u64, NewTransfer)>,
) -> Result<Sent, ImportError> {
    let mut sent = Sent::default();
    while !batch.is_empty() {
        let request = BatchCreateTransfersRequest {
            transfers: batch.iter().map(|(_, transfer)| transfer.clone()).collect(),
            mode: BatchMode::Independent.into(),
            validate_only: false,
        };
        let reply = patiently(|| {
            let (mut service, request) = (client.transfers(), request.clone());
            async move { service.batch_create_transfers(request).await }
        })
        .await;
        let status = match reply {
            Ok(reply) => {
                for ((line, _), result) in batch.iter().zip(reply.into_inner().results) {
                    match result.error {
                        None => {
                            *(if result.replayed {
                                &mut sent.replayed
                            } else {
                                &mut sent.posted
                            }) += 1;
                            sent.witness = Some(result.id);
                        }
                        Some(error) => sent.refused.push(refused(*line, result.id, &error)),
                    }
                }
                return Ok(sent);
            }
            Err(status) => status,
        };
        // A field that is wrong refuses the whole call: those lines go to the report, the others again.
        let wrong = wrong_items(&status);
        if status.code() != Code::InvalidArgument || !wrong.keys().any(|at| *at < batch.len()) {
            return Err(status.into());
        }
        let mut at = 0;
        batch.retain(|(line, transfer)| {
            let problem = wrong.get(&at);
            at += 1;
            if let Some(problem) = problem {
                let (line, id) = (*line, transfer.id.clone());
                sent.refused.push(Refused {
                    line,
                    id,
                    reason: reason_of(&status),
                    problem: problem.clone(),
                });
            }
            problem.is_none()
        });
    }
    Ok(sent)
}

/// The items that the violations `transfers[i].…` name, with what is wrong.
fn wrong_items(status: &Status) -> BTreeMap<usize, String> {
    let mut wrong = BTreeMap::<usize, String>::new();
    let violations = status.get_details_bad_request().map(|bad| bad.field_violations);
    for violation in violations.unwrap_or_default() {
        let item = violation.field.strip_prefix("transfers[").and_then(|rest| rest.split_once(']'));
        let Some((Ok(at), field)) = item.map(|(at, field)| (at.parse(), field)) else { continue };
        let text = format!("{} {}", field.trim_start_matches('.'), violation.description);
        wrong.entry(at).and_modify(|all| *all = format!("{all}; {text}")).or_insert(text);
    }
    wrong
}

fn refused(line: u64, id: String, error: &tonic_types::Status) -> Refused {
    let details = prost::Message::encode_to_vec(error).into();
    let status = Status::with_details(Code::from(error.code), error.message.clone(), details);
    // Fields say more than the message that there are some.
    let fields: Vec<_> = wrong_items(&status).into_values().collect();
    let problem = if fields.is_empty() { error.message.clone() } else { fields.join("; ") };
    Refused { line, id, reason: reason_of(&status), problem }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic_types::ErrorDetails;

    #[test]
    fn violations_name_items() {
        let mut details = ErrorDetails::new();
        details.add_bad_request_violation("transfers[3].amount.amount", "is odd");
        details.add_bad_request_violation("transfers[3].code", "too");
        details.add_bad_request_violation("mode", "is odd");
        let status = Status::with_error_details(Code::InvalidArgument, "bad", details);
        let wrong = wrong_items(&status);
        assert_eq!(
            wrong.into_iter().collect::<Vec<_>>(),
            [(3, "amount.amount is odd; code too".to_owned())]
        );
    }
}
