//! Escrow: positions, their events and what they move in the ledger.

mod event;
mod position;
mod rows;
mod transition;

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
    }
}
