//! Which index each statement of the store must use, and by which columns.

use Role::{Auth, Jobs, Platform, Tenant};

/// In which role the store runs a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// A tenant's.
    Tenant,
    /// The platform's own tenant.
    Platform,
    /// `bursar_jobs`.
    Jobs,
    /// `bursar_auth`.
    Auth,
}

/// What is expected of a statement.
pub(super) struct Expected {
    /// Its name.
    pub(super) name: &'static str,
    /// In which role it runs.
    pub(super) role: Role,
    /// Each index (or `a|b` where either finds the same rows as fast) with the columns of its condition; no other scan
    /// is allowed. None for a statement that only writes.
    pub(super) scans: &'static [(&'static str, &'static str)],
    /// Why it may sort what it found; without a reason it must find its rows in order.
    pub(super) may_sort: Option<&'static str>,
}

pub(super) const fn of(
    name: &'static str,
    role: Role,
    scans: &'static [(&'static str, &'static str)],
) -> Expected {
    Expected { name, role, scans, may_sort: None }
}

pub(super) const fn sorts(
    name: &'static str,
    role: Role,
    why: &'static str,
    scans: &'static [(&'static str, &'static str)],
) -> Expected {
    Expected { name, role, scans, may_sort: Some(why) }
}

/// The indexes of a list of transfers: the one that finds them, and the look-ups that complete each.
macro_rules! transfers {
    ($name:literal, $index:literal, $columns:literal) => {
        of(
            $name,
            Tenant,
            &[
                ($index, $columns),
                ("ledger_account_pkey", "tenant_id id"),
                ("ledger_hold_pkey", "tenant_id id"),
            ],
        )
    };
}

/// The same for the two sides of an account.
macro_rules! sides {
    ($name:literal) => {
        of(
            $name,
            Tenant,
            &[
                ("ledger_transfer_debit", "tenant_id debit_id posted_at"),
                ("ledger_transfer_credit", "tenant_id credit_id posted_at"),
                ("ledger_account_pkey", "tenant_id id"),
                ("ledger_hold_pkey", "tenant_id id"),
            ],
        )
    };
}

const ACCOUNT: (&str, &str) = ("ledger_account_pkey", "tenant_id id");
pub(super) const TRANSFER: (&str, &str) = ("ledger_transfer_pkey", "tenant_id id");
/// Closed days: from the end of the index, which a sort would give away.
const PERIODS: (&str, &str) = ("ledger_period_pkey", "tenant_id");
/// A key's id is unique by itself, so either index finds one row.
const KEY: (&str, &str) = ("admin_api_key_pkey|admin_api_key_id", "id");
const THE_TENANT: (&str, &str) = ("admin_tenant_pkey", "tenant_id");

/// Every statement of the kernel and the ledger that reads or locks rows, and those that write.
pub(super) const EXPECTED: &[Expected] = &[
    // Kernel and operations.
    of("operation_find", Tenant, &[("operation_record_pkey", "tenant_id request_id")]),
    of("operation_insert", Tenant, &[]),
    of("operation_fence", Tenant, &[]),
    of("operation_forget", Jobs, &[("operation_record_age", "recorded_at")]),
    of("audit_insert", Tenant, &[]),
    // Keys and tenants.
    of(
        "key_count",
        Tenant,
        &[("admin_api_key_pkey|admin_api_key_created", "tenant_id"), THE_TENANT],
    ),
    of("key_insert", Tenant, &[]),
    of("key_get", Tenant, &[KEY]),
    of("key_lock", Tenant, &[KEY]),
    of("key_list", Tenant, &[("admin_api_key_created", "tenant_id created_at id")]),
    of("key_revoke", Tenant, &[KEY]),
    of("key_succeed", Tenant, &[KEY]),
    of("tenant_get", Platform, &[THE_TENANT]),
    of("tenant_lock", Platform, &[THE_TENANT]),
    of("tenant_list", Platform, &[("admin_tenant_created", "created_at tenant_id")]),
    of("tenant_update", Platform, &[THE_TENANT]),
    // The audit trail.
    of("event_get", Tenant, &[("audit_event_pkey", "tenant_id id")]),
    of("event_list", Tenant, &[("audit_event_time", "tenant_id recorded_at id")]),
    of("event_list_by_key", Tenant, &[("audit_event_key", "tenant_id key_id recorded_at id")]),
    of(
        "event_list_by_institution",
        Tenant,
        &[("audit_event_institution", "tenant_id institution_id recorded_at id")],
    ),
    of(
        "event_list_by_action",
        Tenant,
        &[("audit_event_action", "tenant_id action recorded_at id")],
    ),
    of(
        "event_list_by_resource_type",
        Tenant,
        &[("audit_event_resource_type", "tenant_id resource_type recorded_at id")],
    ),
    of(
        "event_list_by_resource",
        Tenant,
        &[("audit_event_resource", "tenant_id resource_type resource_id recorded_at id")],
    ),
    // Assets.
    of("asset_get", Tenant, &[("ref_asset_pkey", "tenant_id code")]),
    of("asset_list", Tenant, &[("ref_asset_pkey", "tenant_id code")]),
    of("asset_list_by_kind", Tenant, &[("ref_asset_kind", "tenant_id kind code")]),
    of("asset_scales", Tenant, &[("ref_asset_pkey", "tenant_id code")]),
    of("asset_insert", Tenant, &[]),
    // Accounts.
    of("account_insert", Tenant, &[]),
    of("account_get", Tenant, &[ACCOUNT]),
    of("account_lock", Tenant, &[ACCOUNT]),
    of("account_update", Tenant, &[ACCOUNT]),
    of("account_list", Tenant, &[ACCOUNT]),
    of("account_list_by_asset", Tenant, &[("ledger_account_asset", "tenant_id asset id")]),
    of("account_list_by_code", Tenant, &[("ledger_account_code", "tenant_id code id")]),
    sorts(
        "account_list_by_reference",
        Tenant,
        "a reference is unique: one row",
        &[("ledger_account_reference", "tenant_id external_reference")],
    ),
    // Balances.
    sorts(
        "balance_now",
        Tenant,
        "only the open holds of each account",
        &[
            ACCOUNT,
            ("ledger_hold_debit", "tenant_id debit_id ended_at"),
            ("ledger_hold_credit", "tenant_id credit_id ended_at"),
        ],
    ),
    sorts(
        "balance_at",
        Tenant,
        "only the holds of each account that ended later",
        &[
            ACCOUNT,
            ("ledger_transfer_debit", "tenant_id debit_id posted_at"),
            ("ledger_transfer_credit", "tenant_id credit_id posted_at"),
            ("ledger_hold_debit", "tenant_id debit_id ended_at"),
            ("ledger_hold_credit", "tenant_id credit_id ended_at"),
            ("ledger_transfer_pending", "tenant_id pending_id posted_at"),
        ],
    ),
    of(
        "balance_shift",
        Tenant,
        &[
            ("ledger_transfer_debit_shifted", "tenant_id debit_id value_date posted_at"),
            ("ledger_transfer_credit_shifted", "tenant_id credit_id value_date posted_at"),
            PERIODS,
        ],
    ),
    // Statements and periods.
    of(
        "statement_lines",
        Tenant,
        &[
            ("ledger_transfer_debit", "tenant_id debit_id posted_at"),
            ("ledger_transfer_credit", "tenant_id credit_id posted_at"),
            ("ledger_transfer_debit_shifted", "tenant_id debit_id value_date posted_at"),
            ("ledger_transfer_credit_shifted", "tenant_id credit_id value_date posted_at"),
            TRANSFER,
        ],
    ),
    of("period_close", Tenant, &[]),
    of("period_last", Tenant, &[PERIODS, ("ledger_transfer_time", "tenant_id")]),
    of("period_list", Tenant, &[("ledger_period_pkey", "tenant_id ends_on")]),
    of("period_through", Tenant, &[PERIODS]),
    // Posting.
    of(
        "group_holds",
        Tenant,
        &[
            ("ledger_transfer_group", "tenant_id group_id"),
            ("ledger_hold_pkey", "tenant_id id"),
            ACCOUNT,
        ],
    ),
    sorts(
        "group_lock",
        Tenant,
        "only the accounts of the group",
        &[("ledger_transfer_group", "tenant_id group_id"), ACCOUNT],
    ),
    of("posting_lock_groups", Tenant, &[]),
    sorts("posting_lock", Tenant, "only the accounts that the batch names", &[ACCOUNT]),
    sorts(
        "posting_lock_related",
        Tenant,
        "only the accounts that the batch names",
        &[ACCOUNT, TRANSFER],
    ),
    of("posting_known", Tenant, &[TRANSFER, ACCOUNT, PERIODS]),
    of("posting_holds", Tenant, &[("ledger_hold_pkey", "tenant_id id"), ACCOUNT]),
    of("posting_reversals", Tenant, &[("ledger_transfer_reversed", "tenant_id reversed_id")]),
    sorts(
        "posting_groups",
        Tenant,
        "only the groups that the batch names",
        &[("ledger_transfer_group", "tenant_id group_id")],
    ),
    of("posting_insert", Tenant, &[]),
    of("posting_insert_one", Tenant, &[]),
    of("posting_update", Tenant, &[ACCOUNT]),
    of("posting_hold_upsert", Tenant, &[]),
    // Transfers.
    transfers!("transfer_get", "ledger_transfer_pkey", "tenant_id id"),
    of("transfer_fence", Tenant, &[]),
    of("transfer_events", Tenant, &[("ledger_transfer_time", "tenant_id posted_at id"), ACCOUNT]),
    sides!("transfer_list_by_account_asc"),
    sides!("transfer_list_by_account_desc"),
    transfers!(
        "transfer_list_by_group_asc",
        "ledger_transfer_group",
        "tenant_id group_id posted_at id"
    ),
    transfers!(
        "transfer_list_by_group_desc",
        "ledger_transfer_group",
        "tenant_id group_id posted_at id"
    ),
    transfers!(
        "transfer_list_by_pending_asc",
        "ledger_transfer_pending",
        "tenant_id pending_id posted_at id"
    ),
    transfers!(
        "transfer_list_by_pending_desc",
        "ledger_transfer_pending",
        "tenant_id pending_id posted_at id"
    ),
    transfers!(
        "transfer_list_by_reference_asc",
        "ledger_transfer_reference",
        "tenant_id external_reference posted_at id"
    ),
    transfers!(
        "transfer_list_by_reference_desc",
        "ledger_transfer_reference",
        "tenant_id external_reference posted_at id"
    ),
    transfers!("transfer_list_by_time_asc", "ledger_transfer_time", "tenant_id posted_at id"),
    transfers!("transfer_list_by_time_desc", "ledger_transfer_time", "tenant_id posted_at id"),
    of("hold_due", Jobs, &[("ledger_hold_due", "expires_at")]),
];

/// Statements without an access path of their own, in which role they run, and why.
pub(super) const EXEMPT: &[(&str, Role, &str)] = &[
    ("enter", Tenant, "sets settings"),
    ("timeout", Tenant, "sets a setting"),
    ("probe", Tenant, "reads settings"),
    ("job_lock", Jobs, "takes an advisory lock"),
    ("period_lock", Tenant, "takes an advisory lock"),
    ("schema_version", Auth, "calls a function that reads the few rows of migration.applied"),
    ("safety_login", Tenant, "reads the catalog"),
    ("safety_tables", Tenant, "reads the catalog"),
    ("key_find", Auth, "calls tenancy.find_key, whose body has a test of its own"),
    ("tenant_create", Platform, "calls a function that inserts"),
    (
        "tenant_offboard",
        Platform,
        "calls a function that ends all keys of one tenant, by the key's index",
    ),
    (
        "tenant_open_accounts",
        Platform,
        "calls a function that counts all accounts of one tenant, once in its life",
    ),
];
