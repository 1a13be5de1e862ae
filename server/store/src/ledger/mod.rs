//! The ledger: assets, accounts, balances and transfers.

mod account;
mod asset;
mod balance;
mod batcher;
mod expiry;
mod group;
mod known;
mod locked;
mod period;
mod posting;
mod reads;
mod rows;
mod sealed;
mod statement;
mod transfer;
mod within;
mod writer;

pub(crate) use account::account_open;
pub(crate) use asset::{asset_scale, asset_scale_ask, asset_scales};
pub(crate) use batcher::Batcher;
pub(crate) use known::{transfers_ask, transfers_told};
pub(crate) use locked::Locked;
pub use posting::Submit;
pub(crate) use reads::Reads;
pub(crate) use rows::Recorded;
pub(crate) use sealed::{SEALED_TRANSFERS, SealedRows};
pub(crate) use transfer::{
    TransferEvents, transfer_events, transfer_fence, transfer_find, transfers_find,
};

pub(crate) mod sql {
    //! Statements of the ledger.
    crate::kernel::statements! {
        ASSET_GET = "asset_get";
        ASSET_LIST = "asset_list";
        ASSET_LIST_BY_KIND = "asset_list_by_kind";
        ASSET_INSERT = "asset_insert";
        ASSET_SCALES = "asset_scales";
        ACCOUNT_INSERT = "account_insert";
        ACCOUNT_GET = "account_get";
        ACCOUNT_LOCK = "account_lock";
        ACCOUNT_LIST = "account_list";
        ACCOUNT_LIST_BY_ASSET = "account_list_by_asset";
        ACCOUNT_LIST_BY_CODE = "account_list_by_code";
        ACCOUNT_LIST_BY_REFERENCE = "account_list_by_reference";
        ACCOUNT_UPDATE = "account_update";
        BALANCE_AT = "balance_at";
        BALANCE_NOW = "balance_now";
        BALANCE_SHIFT = "balance_shift";
        GROUP_HOLDS = "group_holds";
        GROUP_LOCK = "group_lock";
        PERIOD_CLOSE = "period_close";
        PERIOD_LAST = "period_last";
        PERIOD_LIST = "period_list";
        PERIOD_LOCK = "period_lock";
        PERIOD_THROUGH = "period_through";
        STATEMENT_LINES = "statement_lines";
        POSTING_LOCK = "posting_lock";
        POSTING_LOCK_GROUPS = "posting_lock_groups";
        POSTING_LOCK_RELATED = "posting_lock_related";
        POSTING_KNOWN = "posting_known";
        POSTING_HOLDS = "posting_holds";
        POSTING_REVERSALS = "posting_reversals";
        POSTING_GROUPS = "posting_groups";
        POSTING_INSERT = "posting_insert" after "posting_columns";
        POSTING_INSERT_ONE = "posting_insert_one" after "posting_columns";
        POSTING_UPDATE = "posting_update";
        POSTING_HOLD_UPSERT = "posting_hold_upsert";
        TRANSFER_EVENTS = "transfer_events";
        TRANSFER_FENCE = "transfer_fence";
        TRANSFER_GET = "transfer_get" after "transfer_columns";
        TRANSFER_LIST_BY_ACCOUNT_ASC = "transfer_list_by_account_asc" after "transfer_columns";
        TRANSFER_LIST_BY_ACCOUNT_DESC = "transfer_list_by_account_desc" after "transfer_columns";
        TRANSFER_LIST_BY_GROUP_ASC = "transfer_list_by_group_asc" after "transfer_columns";
        TRANSFER_LIST_BY_GROUP_DESC = "transfer_list_by_group_desc" after "transfer_columns";
        TRANSFER_LIST_BY_PENDING_ASC = "transfer_list_by_pending_asc" after "transfer_columns";
        TRANSFER_LIST_BY_PENDING_DESC = "transfer_list_by_pending_desc" after "transfer_columns";
        TRANSFER_LIST_BY_REFERENCE_ASC = "transfer_list_by_reference_asc" after "transfer_columns";
        TRANSFER_LIST_BY_REFERENCE_DESC = "transfer_list_by_reference_desc" after "transfer_columns";
        TRANSFER_LIST_BY_TIME_ASC = "transfer_list_by_time_asc" after "transfer_columns";
        TRANSFER_LIST_BY_TIME_DESC = "transfer_list_by_time_desc" after "transfer_columns";
        TRANSFER_SEALED_CUT = "transfer_sealed_cut";
        TRANSFER_SEALED_GET = "transfer_sealed_get" after "transfer_sealed";
        TRANSFER_SEALED_RANGE = "transfer_sealed_range" after "transfer_sealed";
        TRANSFER_SEALED_WALK = "transfer_sealed_walk";
        HOLD_DUE = "hold_due";
    }
}
