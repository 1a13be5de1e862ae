use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::*;

/// A database that answers when it is let: each key stands for ten times itself, those above 900 for nothing.
#[derive(Clone)]
struct Base {
    gather: Gather<u32, u32>,
    /// One permit lets one query be answered.
    gate: Arc<Semaphore>,
    /// The keys of each query sent, in order.
    queries: Arc<Mutex<Vec<Vec<u32>>>>,
    fault: Arc<Mutex<Option<Error>>>,
}

type Asked = JoinHandle<Result<Option<u32>>>;

impl Base {
    fn new() -> Self {
        Self {
            gather: Gather::default(),
            gate: Arc::new(Semaphore::new(0)),
            queries: Arc::default(),
            fault: Arc::default(),
        }
    }

    /// Asks, and comes back when the question stands in the queue.
    async fn ask_until(&self, tenant: TenantId, key: u32, deadline: Instant) -> Asked {
        let (base, from) = (self.clone(), self.clone());
        let read = move |keys: Vec<u32>, until| base.clone().query(keys, until);
        let task = tokio::spawn(async move { from.gather.ask(tenant, deadline, key, read).await });
        settle().await;
        task
    }

    async fn ask(&self, tenant: TenantId, key: u32) -> Asked {
        self.ask_until(tenant, key, soon(60_000)).await
    }

    async fn query(self, mut keys: Vec<u32>, until: Instant) -> Result<HashMap<u32, u32>> {
        assert!(until <= Instant::now() + SHARED_READ_LIMIT);
        keys.sort_unstable();
        self.queries.lock().unwrap().push(keys.clone());
        self.gate.acquire().await.unwrap().forget();
        assert!(!keys.contains(&666), "the query of 666 panics");
        if let Some(error) = self.fault.lock().unwrap().clone() {
            return Err(error);
        }
        Ok(keys.into_iter().filter(|key| *key <= 900).map(|key| (key, key * 10)).collect())
    }

    async fn let_go(&self, queries: usize) {
        self.gate.add_permits(queries);
        settle().await;
    }

    fn sent(&self) -> Vec<Vec<u32>> {
        self.queries.lock().unwrap().clone()
    }
}

fn tenant(n: u128) -> TenantId {
    TenantId(Uuid::from_u128(n))
}

fn soon(millis: u64) -> Instant {
    Instant::now() + Duration::from_millis(millis)
}

/// Lets every task run until it waits: the runtime of these tests has one thread.
async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn who_comes_while_a_query_is_in_flight_shares_the_next() {
    let base = Base::new();
    let first = base.ask(tenant(1), 1).await;
    let mut later = Vec::new();
    for key in [2, 3, 1, 2, 901] {
        later.push(base.ask(tenant(1), key).await);
    }
    assert_eq!(
        base.sent(),
        [vec![1]],
        "the first did not wait, the others joined nothing that was sent"
    );
    base.let_go(1).await;
    assert_eq!(first.await.unwrap(), Ok(Some(10)));
    assert_eq!(base.sent()[1..], [vec![1, 2, 3, 901]], "each key once");
    base.let_go(1).await;
    let mut answers = Vec::new();
    for asked in later {
        answers.push(asked.await.unwrap().unwrap());
    }
    assert_eq!(answers, [Some(20), Some(30), Some(10), Some(20), None]);
    assert!(base.gather.lanes().is_empty(), "nothing is kept of a tenant that asks nothing");
}

#[tokio::test]
async fn a_tenant_does_not_wait_for_another() {
    let base = Base::new();
    let held = base.ask(tenant(1), 1).await;
    let other = base.ask(tenant(2), 1).await;
    assert_eq!(base.sent().len(), 2);
    base.let_go(2).await;
    assert_eq!((held.await.unwrap(), other.await.unwrap()), (Ok(Some(10)), Ok(Some(10))));
}

#[tokio::test]
async fn a_second_query_goes_out_when_many_wait_and_no_third() {
    let base = Base::new();
    let mut all = vec![base.ask(tenant(1), 0).await];
    for key in 1..=SECOND_LANE_READS {
        assert_eq!(base.sent().len(), 1);
        all.push(base.ask(tenant(1), u32::try_from(key).unwrap()).await);
    }
    assert_eq!(base.sent().len(), 2);
    for _ in 0..2 * SECOND_LANE_READS {
        all.push(base.ask(tenant(1), 7).await);
    }
    assert_eq!(base.sent().len(), LANES);
    base.let_go(10).await;
    for asked in all {
        assert!(asked.await.unwrap().unwrap().is_some());
    }
}

#[tokio::test]
async fn a_query_takes_so_many_and_no_more() {
    let base = Base::new();
    let first = base.ask(tenant(1), 0).await;
    let mut all = Vec::new();
    for _ in 0..=MAX_GATHERED_READS + SECOND_LANE_READS {
        all.push(base.ask(tenant(1), 5).await);
    }
    base.let_go(10).await;
    first.await.unwrap().unwrap();
    for asked in all {
        assert_eq!(asked.await.unwrap(), Ok(Some(50)));
    }
    assert_eq!(base.sent().len(), 4, "the first, the second lane's, a full one and the rest");
}

#[tokio::test]
async fn who_waits_too_long_or_goes_away_spoils_nothing() {
    let base = Base::new();
    let first = base.ask(tenant(1), 1).await;
    let late = base.ask_until(tenant(1), 2, soon(30)).await;
    let gone = base.ask(tenant(1), 3).await;
    let stays = base.ask(tenant(1), 4).await;
    assert_eq!(late.await.unwrap(), Err(Error::DeadlineExceeded { definite: true }));
    gone.abort();
    first.abort();
    settle().await;
    base.let_go(1).await;
    assert_eq!(base.sent(), [vec![1], vec![4]], "nobody asks for those who are gone");
    base.let_go(1).await;
    assert_eq!(stays.await.unwrap(), Ok(Some(40)));
}

#[tokio::test]
async fn a_deadline_is_kept_while_the_query_is_in_flight() {
    let base = Base::new();
    let late = base.ask_until(tenant(1), 1, soon(30)).await;
    assert_eq!(late.await.unwrap(), Err(Error::DeadlineExceeded { definite: true }));
}

#[tokio::test]
async fn a_fault_is_told_to_each_and_its_limit_is_not_a_callers_deadline() {
    let base = Base::new();
    for (fault, told) in [
        (
            Error::Unavailable { why: Unavailable::Pool, definite: true },
            Error::Unavailable { why: Unavailable::Pool, definite: true },
        ),
        (
            Error::DeadlineExceeded { definite: true },
            Error::Unavailable { why: Unavailable::Database, definite: true },
        ),
    ] {
        *base.fault.lock().unwrap() = Some(fault);
        let first = base.ask(tenant(1), 1).await;
        let (a, b) = (base.ask(tenant(1), 2).await, base.ask(tenant(1), 3).await);
        base.let_go(2).await;
        for asked in [first, a, b] {
            assert_eq!(asked.await.unwrap(), Err(told.clone()));
        }
    }
    *base.fault.lock().unwrap() = None;
    let next = base.ask(tenant(1), 1).await;
    base.let_go(1).await;
    assert_eq!(next.await.unwrap(), Ok(Some(10)), "a fault ends its own query only");
}

#[tokio::test]
async fn a_panic_ends_those_who_wait_and_the_next_is_served() {
    let base = Base::new();
    let hit = base.ask(tenant(1), 666).await;
    let waits = base.ask(tenant(1), 2).await;
    base.let_go(1).await;
    for asked in [hit, waits] {
        assert!(matches!(asked.await.unwrap(), Err(Error::Internal(_))));
    }
    let next = base.ask(tenant(1), 3).await;
    base.let_go(1).await;
    assert_eq!(next.await.unwrap(), Ok(Some(30)));
}

#[tokio::test]
async fn a_full_queue_refuses_and_other_tenants_are_served() {
    let base = Base::new();
    let mut all = Vec::new();
    for _ in 0..=SECOND_LANE_READS {
        all.push(base.ask(tenant(1), 0).await);
    }
    assert_eq!(base.sent().len(), LANES, "both lanes are busy");
    for _ in 0..MAX_QUEUED_READS {
        let (base, from) = (base.clone(), base.clone());
        let read = move |keys: Vec<u32>, until| base.clone().query(keys, until);
        let ask = async move { from.gather.ask(tenant(1), soon(60_000), 5, read).await };
        all.push(tokio::spawn(ask));
    }
    let waiting = || base.gather.lanes().get(&tenant(1)).map_or(0, |lane| lane.waiting.len());
    while waiting() < MAX_QUEUED_READS {
        settle().await;
    }
    let full = Error::QueueFull { maximum: MAX_QUEUED_READS, retry_after: RETRY_DELAY };
    assert_eq!(base.ask(tenant(1), 6).await.await.unwrap(), Err(full));
    let other = base.ask(tenant(2), 1).await;
    // A place is free again when its caller has gone.
    all.swap_remove(MAX_QUEUED_READS / 2).abort();
    settle().await;
    all.push(base.ask(tenant(1), 6).await);
    base.let_go(1_000).await;
    assert_eq!(other.await.unwrap(), Ok(Some(10)));
    for asked in all {
        assert!(asked.await.unwrap().is_ok_and(|answer| answer.is_some_and(|value| value <= 60)));
    }
}
