//! Escrow: institutions, their asset templates, assets and policies; positions, their events and what they move in the
//! ledger.

mod asset;
mod asset_template;
mod change;
mod event;
mod institution;
mod policy;
mod position;
mod rows;
mod transition;

pub(crate) use institution::institution_known;

pub(crate) mod sql {
    //! Statements of escrow.
    crate::kernel::statements! {
        LEDGER_EVENT_INSERT = "ledger_event_insert";
        LEDGER_EVENT_LIST = "ledger_event_list" after "ledger_event_columns";
        LEDGER_EVENT_LIST_BY_INSTITUTION = "ledger_event_list_by_institution" after "ledger_event_columns";
        LEDGER_EVENT_LIST_BY_KIND = "ledger_event_list_by_kind" after "ledger_event_columns";
        LEDGER_EVENT_LIST_BY_POSITION = "ledger_event_list_by_position" after "ledger_event_columns";
        POSITION_EVENT_INSERT = "position_event_insert";
        POSITION_EVENT_LATEST = "position_event_latest";
        POSITION_EVENT_LIST = "position_event_list" after "position_event_columns";
        POSITION_EVENT_LIST_BY_INSTITUTION = "position_event_list_by_institution" after "position_event_columns";
        POSITION_EVENT_LIST_BY_KIND = "position_event_list_by_kind" after "position_event_columns";
        POSITION_EVENT_LIST_BY_POSITION = "position_event_list_by_position" after "position_event_columns";
        POSITION_GET = "position_get" after "position_columns";
        POSITION_INSERT = "position_insert";
        POSITION_LIST = "position_list" after "position_list_columns";
        POSITION_LIST_BY_ASSET = "position_list_by_asset" after "position_list_columns";
        POSITION_LIST_BY_CURRENCY = "position_list_by_currency" after "position_list_columns";
        POSITION_LIST_BY_HOLDER = "position_list_by_holder" after "position_list_columns";
        POSITION_LIST_BY_INSTITUTION = "position_list_by_institution" after "position_list_columns";
        POSITION_LIST_BY_INSTITUTION_STATE = "position_list_by_institution_state" after "position_list_columns";
        POSITION_LIST_BY_REFERENCE = "position_list_by_reference" after "position_list_columns";
        POSITION_LIST_BY_STATE = "position_list_by_state" after "position_list_columns";
        POSITION_LIST_BY_TEMPLATE = "position_list_by_template" after "position_list_columns";
        POSITION_LOCK = "position_lock" after "position_columns";
        POSITION_SEARCH = "position_search" after "position_columns";
        POSITION_TERMS = "position_terms" after "position_terms_columns";
        POSITION_TERMS_HELD = "position_terms_held" after "position_terms_columns";
        POSITION_UPDATE = "position_update";
        ESCROW_ASSET_GET = "escrow_asset_get" after "escrow_asset_columns";
        ESCROW_ASSET_INSERT = "escrow_asset_insert";
        ESCROW_ASSET_LIST = "escrow_asset_list" after "escrow_asset_columns";
        ESCROW_ASSET_LIST_BY_INSTITUTION = "escrow_asset_list_by_institution" after "escrow_asset_columns";
        ESCROW_ASSET_LIST_BY_LABEL = "escrow_asset_list_by_label" after "escrow_asset_columns";
        ESCROW_ASSET_LIST_BY_TEMPLATE = "escrow_asset_list_by_template" after "escrow_asset_columns";
        ESCROW_ASSET_LOCK = "escrow_asset_lock" after "escrow_asset_columns";
        ESCROW_ASSET_SEARCH = "escrow_asset_search" after "escrow_asset_columns";
        ESCROW_ASSET_UPDATE = "escrow_asset_update";
        ASSET_TEMPLATE_GET = "asset_template_get" after "asset_template_columns";
        ASSET_TEMPLATE_INSERT = "asset_template_insert";
        ASSET_TEMPLATE_LIST = "asset_template_list" after "asset_template_columns";
        ASSET_TEMPLATE_LIST_BY_CODE = "asset_template_list_by_code" after "asset_template_columns";
        ASSET_TEMPLATE_LIST_BY_INSTITUTION = "asset_template_list_by_institution" after "asset_template_columns";
        ASSET_TEMPLATE_LIST_BY_NAME = "asset_template_list_by_name" after "asset_template_columns";
        ASSET_TEMPLATE_LIST_BY_REGION = "asset_template_list_by_region" after "asset_template_columns";
        ASSET_TEMPLATE_LIST_BY_VERTICAL = "asset_template_list_by_vertical" after "asset_template_columns";
        ASSET_TEMPLATE_LOCK = "asset_template_lock" after "asset_template_columns";
        ASSET_TEMPLATE_SEARCH = "asset_template_search" after "asset_template_columns";
        ASSET_TEMPLATE_UPDATE = "asset_template_update";
        INSTITUTION_GET = "institution_get" after "institution_columns";
        INSTITUTION_INSERT = "institution_insert";
        INSTITUTION_LIST = "institution_list" after "institution_columns";
        INSTITUTION_LIST_BY_CODE = "institution_list_by_code" after "institution_columns";
        INSTITUTION_LIST_BY_NAME = "institution_list_by_name" after "institution_columns";
        INSTITUTION_LIST_BY_TAG = "institution_list_by_tag" after "institution_columns";
        INSTITUTION_LOCK = "institution_lock" after "institution_columns";
        INSTITUTION_SEARCH = "institution_search" after "institution_columns";
        INSTITUTION_UPDATE = "institution_update";
        POLICY_CHANGE_INSERT = "policy_change_insert";
        POLICY_CHANGE_LIST = "policy_change_list";
        POLICY_GET = "policy_get" after "policy_columns";
        POLICY_INSERT = "policy_insert";
        POLICY_LIST = "policy_list" after "policy_columns";
        POLICY_LIST_BY_INSTITUTION = "policy_list_by_institution" after "policy_columns";
        POLICY_LIST_BY_REGION = "policy_list_by_region" after "policy_columns";
        POLICY_LOCK = "policy_lock" after "policy_columns";
        POLICY_UPDATE = "policy_update";
    }
}
