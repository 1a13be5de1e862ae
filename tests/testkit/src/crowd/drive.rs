//! Plays the calls of a script, many at once, and settles what stays without an answer as a careful client would.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bursar_proto::ledger::v1 as pb;
use bursar_proto::operation::v1::{GetOperationRequest, OperationState};
use jiff::Timestamp;
use prost::Message as _;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::script::{Call, Script};
use super::wire;
use crate::caller::Caller;
use crate::errors::{Fault, fault};
use crate::random::Random;
use bursar_domain::posting::Command;

/// No call may take longer, whatever is broken.
const HUNG: Duration = Duration::from_secs(40);
/// Longest wait for a broken server to come back.
const PATIENCE: Duration = Duration::from_mins(2);

/// What a call said of a transfer.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// The whole transfer.
    Whole(Box<pb::Transfer>),
    /// The result of a batch.
    Brief(Box<pb::TransferResult>),
}

/// What became of one transfer of a call.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// It is posted.
    Done {
        /// What was told of it.
        reply: Reply,
        /// Whether an earlier call had made it.
        replayed: bool,
    },
    /// `GetOperation` found this under its id.
    Found(Reply),
    /// It was refused.
    Refused(Fault),
    /// Another transfer refused the whole call.
    WithTheOthers,
    /// It had no answer, and was fenced.
    Fenced,
}

/// One call and its answers.
#[derive(Debug, Clone)]
pub struct Told {
    /// Which call of the script.
    pub call: usize,
    /// When it was first sent.
    pub asked: Instant,
    /// When the request was sent that got the answer.
    pub last_asked: Instant,
    /// When the answer was there.
    pub told: Instant,
    /// The same by the clock on the wall.
    pub at: Timestamp,
    /// How often it was sent.
    pub sent: usize,
    /// Whether an answer was lost or left open.
    pub unsure: bool,
    /// One for each transfer, in order; of a fence, what it found.
    pub outcomes: Vec<Outcome>,
}

/// Callers that play one script.
pub struct Crowd {
    /// How many calls have their answer.
    pub answered: Arc<AtomicUsize>,
    tasks: JoinSet<Vec<Told>>,
}

impl Crowd {
    /// Starts that many callers. Each takes the next call, and sends it over one of `callers`, which may be exchanged
    /// meanwhile for others that lead to the same books.
    pub fn start(
        script: &Arc<Script>,
        callers: &watch::Receiver<Vec<Caller>>,
        size: usize,
    ) -> Self {
        let (next, answered) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let mut tasks = JoinSet::new();
        for lane in 0..size {
            let mut player = Player {
                script: script.clone(),
                callers: callers.clone(),
                lane,
                random: Random::seeded(script.seed ^ lane as u64),
            };
            let (next, answered) = (next.clone(), answered.clone());
            tasks.spawn(async move {
                let mut told = Vec::new();
                loop {
                    let call = next.fetch_add(1, Ordering::Relaxed);
                    if call >= player.script.calls.len() {
                        return told;
                    }
                    told.push(player.play(call).await);
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        Self { answered, tasks }
    }

    /// Waits until so many calls have their answer.
    pub async fn has_answered(&self, calls: usize) {
        let reached = async {
            while self.answered.load(Ordering::Relaxed) < calls {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(PATIENCE, reached).await.expect("the crowd goes on");
    }

    /// All answers, when the script is over.
    pub async fn finish(mut self) -> Vec<Told> {
        let mut all = Vec::new();
        while let Some(told) = self.tasks.join_next().await {
            all.extend(told.expect("no caller panics"));
        }
        all.sort_by_key(|told| told.call);
        all
    }
}

/// One caller.
struct Player {
    script: Arc<Script>,
    callers: watch::Receiver<Vec<Caller>>,
    lane: usize,
    random: Random,
}

impl Player {
    async fn play(&mut self, at: usize) -> Told {
        let script = self.script.clone();
        let call = &script.calls[at];
        let (asked, mut sent, mut unsure) = (Instant::now(), 0, false);
        let (last_asked, mut outcomes) = loop {
            assert!(asked.elapsed() < PATIENCE, "call {at} gets no answer: {call:?}");
            let last_asked = Instant::now();
            sent += 1;
            match send(&self.caller(sent), call).await {
                Ok(outcomes) => break (last_asked, outcomes),
                Err(definite) => unsure |= !definite,
            }
            let pause = 20 + self.random.below(60) as u64;
            tokio::time::sleep(Duration::from_millis(pause)).await;
            // Half of those without an answer are asked for, the others are sent again.
            if unsure && self.random.percent(50) && !matches!(call, Call::Fence(_)) {
                let mut outcomes = vec![Outcome::WithTheOthers; call.commands().len()];
                let last_asked = Instant::now();
                self.settle(call, &mut outcomes).await;
                break (last_asked, outcomes);
            }
        };
        if unsure {
            // A refusal speaks for the request that it answers, and not for one before it.
            self.settle(call, &mut outcomes).await;
        }
        let (told, at_wall) = (Instant::now(), Timestamp::now());
        Told { call: at, asked, last_asked, told, at: at_wall, sent, unsure, outcomes }
    }

    /// Asks for each transfer that is not known to be posted, so that its fate is final.
    async fn settle(&mut self, call: &Call, outcomes: &mut [Outcome]) {
        for (command, outcome) in call.commands().iter().zip(outcomes) {
            if matches!(outcome, Outcome::Done { .. } | Outcome::Found(_) | Outcome::Fenced) {
                continue;
            }
            let (since, mut sent) = (Instant::now(), 0);
            let found = loop {
                sent += 1;
                assert!(since.elapsed() < PATIENCE, "nobody can say what became of {command:?}");
                match fence(&self.caller(sent), &command.id().to_string()).await {
                    Ok(found) => break found,
                    Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                }
            };
            match found {
                there @ Outcome::Found(_) => *outcome = there,
                _ if matches!(outcome, Outcome::Refused(_)) => {}
                fenced => *outcome = fenced,
            }
        }
    }

    /// The caller of this lane; another one each time it is asked for once more.
    fn caller(&self, sent: usize) -> Caller {
        let callers = self.callers.borrow();
        callers[(self.lane + sent - 1) % callers.len()].clone()
    }
}

/// Sends a call once. An error is one that says to try again, and whether nothing was changed for certain.
pub async fn send(caller: &Caller, call: &Call) -> Result<Vec<Outcome>, bool> {
    let answer = tokio::time::timeout(HUNG, ask(caller, call)).await.expect("no call hangs");
    match answer {
        Ok(outcomes) => Ok(outcomes),
        // The connection ended without an answer of the server's.
        Err(status) if status.get_error_details().error_info().is_none() => Err(false),
        Err(status) => {
            let fault = fault(status);
            let definite = fault.meta("definite") == "true";
            match fault.code {
                Code::Unavailable | Code::ResourceExhausted => {
                    assert!(fault.retry_delay.is_some(), "it says when to try again: {fault:?}");
                    Err(definite)
                }
                Code::DeadlineExceeded => Err(definite),
                _ => {
                    assert!(definite, "a refusal is definite: {fault:?}");
                    Ok(refused(call, fault))
                }
            }
        }
    }
}

/// A refusal of the whole call.
fn refused(call: &Call, fault: Fault) -> Vec<Outcome> {
    let Call::Batch { new, .. } = call else { return vec![Outcome::Refused(fault)] };
    let mut outcomes = vec![Outcome::WithTheOthers; new.len()];
    let index: usize = match fault.meta("index") {
        // Found before any transfer was tried: the first field says where.
        "" => fault.fields[0]
            .trim_start_matches("transfers[")
            .split(']')
            .next()
            .unwrap()
            .parse()
            .unwrap(),
        index => index.parse().unwrap(),
    };
    outcomes[index] = Outcome::Refused(fault);
    outcomes
}

async fn ask(caller: &Caller, call: &Call) -> Result<Vec<Outcome>, Status> {
    let mut client = caller.transfers();
    let (transfer, replayed) = match call {
        Call::Fence(id) => return fence(caller, &id.to_string()).await.map(|found| vec![found]),
        Call::Batch { new, all_or_nothing } => {
            let mode = if *all_or_nothing {
                pb::BatchMode::AllOrNothing
            } else {
                pb::BatchMode::Independent
            };
            let request = pb::BatchCreateTransfersRequest {
                transfers: new.iter().map(wire::new_transfer).collect(),
                mode: mode.into(),
                validate_only: false,
            };
            let results = client.batch_create_transfers(request).await?.into_inner().results;
            assert_eq!(results.len(), new.len());
            return Ok(results.into_iter().map(result).collect());
        }
        Call::One(Command::Create(c)) => {
            let transfer = Some(wire::new_transfer(c));
            let request = pb::CreateTransferRequest { transfer, validate_only: false };
            let reply = client.create_transfer(request).await?.into_inner();
            (reply.transfer, reply.replayed)
        }
        Call::One(Command::Post(c)) => {
            let reply = client.post_transfer(wire::post(c)).await?.into_inner();
            (reply.transfer, reply.replayed)
        }
        Call::One(Command::Void(c) | Command::Expire(c)) => {
            let reply = client.void_transfer(wire::void(c)).await?.into_inner();
            (reply.transfer, reply.replayed)
        }
        Call::One(Command::Reverse(c)) => {
            let reply = client.reverse_transfer(wire::reverse(c)).await?.into_inner();
            (reply.transfer, reply.replayed)
        }
    };
    let reply = Reply::Whole(Box::new(transfer.expect("a transfer")));
    Ok(vec![Outcome::Done { reply, replayed }])
}

fn result(result: pb::TransferResult) -> Outcome {
    let Some(error) = &result.error else {
        let replayed = result.replayed;
        return Outcome::Done { reply: Reply::Brief(Box::new(result)), replayed };
    };
    let details = error.encode_to_vec().into();
    let status = Status::with_details(Code::from(error.code), &error.message, details);
    Outcome::Refused(fault(status))
}

/// What `GetOperation` finds, having made it final.
async fn fence(caller: &Caller, id: &str) -> Result<Outcome, Status> {
    let request = GetOperationRequest { id: id.to_owned(), fence: true };
    let found = caller.operations().get_operation(request).await?.into_inner();
    if found.state() == OperationState::Fenced {
        return Ok(Outcome::Fenced);
    }
    assert_eq!(found.state(), OperationState::Succeeded, "a fence is final");
    // The replies of all methods have the same fields.
    let bytes = found.reply.expect("the first reply").value;
    let reply = pb::CreateTransferResponse::decode(bytes.as_slice()).expect("a reply");
    let reply = Reply::Whole(Box::new(reply.transfer.expect("a transfer")));
    Ok(Outcome::Found(reply))
}
