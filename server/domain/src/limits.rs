//! Every limit of the contract, in one place. Units come last in each name.

use std::time::Duration;

/// Most transfers of one batch call.
pub const MAX_BATCH_TRANSFERS: usize = 8_190;
/// Most accounts of one batch call, so that the reply stays below [`MAX_MESSAGE_BYTES`] with full metadata.
pub const MAX_BATCH_ACCOUNTS: usize = 200;
/// Most ids of one batch read, for the same reason.
pub const MAX_BATCH_GET: usize = 200;
/// Most items of a page; a larger `page_size` is coerced to it.
pub const MAX_PAGE_SIZE: usize = 1_000;
/// Items of a page when `page_size` is 0.
pub const DEFAULT_PAGE_SIZE: usize = 50;
/// A page ends before its reply passes this, whatever its size: a client's default maximum is 4 MiB.
pub const MAX_PAGE_BYTES: usize = 3 * 1024 * 1024;
/// Largest request message.
pub const MAX_MESSAGE_BYTES: usize = 4 * 1024 * 1024;
/// Most holds in the reply of `GetBalance`.
pub const MAX_BALANCE_HOLDS: usize = 1_000;
/// Most events in the reply of `GetPosition`.
pub const MAX_POSITION_EVENTS: i64 = 100;

/// Most significant digits of an amount and of a total.
pub const MAX_DIGITS: u32 = 38;
/// Most decimal places of an asset.
pub const MAX_SCALE: u8 = 18;

/// Largest `metadata` of one resource, as compact JSON.
pub const MAX_METADATA_BYTES: usize = 16 * 1024;
/// Deepest nesting of a JSON value: with the messages around it in an audit event it stays below the 100 levels that
/// protobuf decoders read.
pub const MAX_JSON_DEPTH: usize = 28;
/// Largest JSON text of one field, as it comes and in its canonical form: two of them fit a reply.
pub const MAX_JSON_TEXT_BYTES: usize = 1024 * 1024;
/// Deepest nesting of JSON text: the parser that reads it back from the database takes 127 levels.
pub const MAX_JSON_TEXT_DEPTH: usize = 100;
/// Most characters of a number of JSON text without its exponent: a few bytes must not become megabytes.
pub const MAX_JSON_NUMBER_DIGITS: usize = 1_000;
/// Largest definition of a strategy, as JSON text: a page of them has to be of use.
pub const MAX_DEFINITION_BYTES: usize = 64 * 1024;
/// Largest report of a venue: a reply has it twice.
pub const MAX_RAW_PAYLOAD_BYTES: usize = 256 * 1024;
/// Most executions of one message of a stream.
pub const MAX_BATCH_EXECUTIONS: usize = 1_000;
/// Most ledger transfers that an execution can be linked to.
pub const MAX_EXECUTION_TRANSFERS: usize = 20;

/// Longest `code` of an account or transfer.
pub const MAX_CODE_CHARS: usize = 64;
/// Longest external reference.
pub const MAX_REFERENCE_CHARS: usize = 200;
/// Longest name for people.
pub const MAX_NAME_CHARS: usize = 200;
/// Longest label of an API key.
pub const MAX_LABEL_CHARS: usize = 100;
/// Most regions, and most verticals, of an institution.
pub const MAX_INSTITUTION_TAGS: usize = 100;
/// Most currencies with a minimum amount in a policy.
pub const MAX_POLICY_MINIMUMS: usize = 100;
/// Most names of attributes that a policy demands.
pub const MAX_POLICY_METADATA: usize = 50;
/// Longest name of an attribute that a policy demands.
pub const MAX_POLICY_METADATA_CHARS: usize = 100;
/// Longest reason given for a change.
pub const MAX_REASON_CHARS: usize = 500;

/// How many days after today (UTC) a value date may be: tomorrow in UTC is today somewhere. The store's statements of
/// balances rely on it, so a higher one needs a look at what was posted under it.
pub const MAX_DAYS_AHEAD: i64 = 1;
/// Longest timeout of a pending transfer.
pub const MAX_HOLD_SECONDS: u32 = 366 * 24 * 3600;
/// Live API keys of a tenant that sets no limit of its own.
pub const DEFAULT_MAX_API_KEYS: i32 = 100;
/// Highest limit of live API keys.
pub const MAX_MAX_API_KEYS: i32 = 1_000;
/// Highest rate limit of a tenant, in calls a second.
pub const MAX_REQUESTS_PER_SECOND: i32 = 1_000_000;
/// How long a rotated key lives on when the caller does not say.
pub const DEFAULT_KEY_OVERLAP: Duration = Duration::from_hours(24);
/// Longest life of a rotated key.
pub const MAX_KEY_OVERLAP: Duration = Duration::from_hours(30 * 24);

/// Deadline of a call that brings none.
pub const DEFAULT_DEADLINE: Duration = Duration::from_secs(30);
/// Longest deadline granted.
pub const MAX_DEADLINE: Duration = Duration::from_mins(5);
/// Beyond the deadline, how long a call may still wait for the answer to a COMMIT already sent.
pub const COMMIT_GRACE: Duration = Duration::from_millis(250);
/// Most tenants, keys or addresses, of each, whose rate of calls is known at a time.
pub const RATE_ENTRIES: u64 = 100_000;
/// A rate is forgotten when it was not asked for so long: every share is whole again by then.
pub const RATE_IDLE: Duration = Duration::from_mins(2);
/// How long after its last call an API key is still let in from an address that sends too many invalid ones.
pub const PROVEN_KEY: Duration = Duration::from_hours(1);
/// How long a looked-up API key is trusted: revocation is effective everywhere within a second.
pub const KEY_CACHE: Duration = Duration::from_millis(500);
/// Most keys, known or unknown, kept in that cache.
pub const KEY_CACHE_ENTRIES: u64 = 100_000;
/// Longest wait for a free connection.
pub const POOL_WAIT: Duration = Duration::from_secs(2);
/// Longest wait for a new connection to be made.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Most transfers of one tenant that wait for a batch; a further call is refused.
pub const MAX_QUEUED_TRANSFERS: usize = 4 * MAX_BATCH_TRANSFERS;
/// Most keys of one shared read.
pub const MAX_GATHERED_READS: usize = 128;
/// Most reads of one tenant and kind that wait for a shared one; a further call is refused.
pub const MAX_QUEUED_READS: usize = 8_192;
/// Retries of a transaction after a conflict.
pub const MAX_TX_RETRIES: u32 = 8;
/// How long a call may wait for another's row lock before it is retried.
pub const LOCK_TIMEOUT: Duration = Duration::from_secs(5);
/// What `UNAVAILABLE` and `RESOURCE_EXHAUSTED` advise a caller to wait.
pub const RETRY_DELAY: Duration = Duration::from_millis(500);
/// Expired holds released in one transaction.
pub const EXPIRY_BATCH: usize = 1_000;
/// Remembered operations dropped in one transaction.
pub const RETENTION_BATCH: i64 = 10_000;
/// Most rows of a kind that one run of sealing takes, unless one transaction wrote more.
pub const SEAL_ROWS: usize = 20_000;
/// Most rows that a step of verifying reads, and most seals.
pub const VERIFY_ROWS: usize = 10_000;
/// Most seals that a step of verifying reads.
pub const VERIFY_SEALS: usize = 256;
/// Most transfers and events that a trace shows, each.
pub const MAX_TRACE_ITEMS: usize = 1_000;
