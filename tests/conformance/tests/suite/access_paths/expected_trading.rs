//! Which index each statement of trading, the seals and the money trace must use.

use super::expected::Role::{Jobs, Tenant};
use super::expected::{Expected, TRANSFER, of, sorts};

const POSITION: (&str, &str) = ("escrow_position_pkey", "tenant_id id");
const STRATEGY: (&str, &str) = ("trading_strategy_pkey", "tenant_id id");
const DECISION: (&str, &str) = ("trading_decision_pkey", "tenant_id id");
const CURSOR: (&str, &str) = ("trading_cursor_pkey", "tenant_id name");

/// Every statement of them.
pub(super) const TRADING: &[Expected] = &[
    // Seals and the money trace.
    sorts(
        "event_sealed_cut",
        Jobs,
        "the transactions of a range, which a run of sealing keeps small",
        &[("audit_event_xact", "xact")],
    ),
    of("event_sealed_range", Jobs, &[("audit_event_xact", "xact")]),
    of("event_sealed_get", Tenant, &[("audit_event_pkey", "tenant_id id")]),
    of("event_sealed_walk", Tenant, &[("audit_event_time", "tenant_id recorded_at id")]),
    sorts(
        "transfer_sealed_cut",
        Jobs,
        "the transactions of a range, which a run of sealing keeps small",
        &[("ledger_transfer_xact", "xact")],
    ),
    of("transfer_sealed_range", Jobs, &[("ledger_transfer_xact", "xact")]),
    of("transfer_sealed_get", Tenant, &[TRANSFER]),
    of("transfer_sealed_walk", Tenant, &[("ledger_transfer_time", "tenant_id posted_at id")]),
    of("seal_from", Jobs, &[("audit_seal_last", "")]),
    of("seal_last", Jobs, &[("audit_seal_pkey", "tenant_id")]),
    of("seal_insert", Jobs, &[]),
    of("seal_point", Tenant, &[("audit_seal_pkey", "tenant_id position")]),
    of("seal_page", Tenant, &[("audit_seal_pkey", "tenant_id position")]),
    sorts(
        "seal_covering",
        Tenant,
        "the seals of one page of rows",
        &[("audit_seal_upto", "tenant_id upto"), ("audit_seal_pkey", "tenant_id position")],
    ),
    of("link_insert", Tenant, &[TRANSFER]),
    of("link_list", Tenant, &[("trace_link_pkey", "tenant_id kind resource_id")]),
    of("link_list_by_transfer", Tenant, &[("trace_link_transfer", "tenant_id transfer_id")]),
    of(
        "link_orphans",
        Tenant,
        &[
            ("trace_link_pkey", "tenant_id kind resource_id"),
            TRANSFER,
            POSITION,
            ("trading_execution_pkey", "tenant_id id"),
        ],
    ),
    of(
        "transfer_orphans",
        Tenant,
        &[
            ("ledger_account_pkey", "tenant_id id"),
            ("ledger_transfer_debit", "tenant_id debit_id"),
            ("ledger_transfer_credit", "tenant_id credit_id"),
            ("trace_link_transfer", "tenant_id transfer_id"),
        ],
    ),
    // Trading.
    of("strategy_insert", Tenant, &[]),
    of("strategy_get", Tenant, &[STRATEGY]),
    of("strategy_lock", Tenant, &[STRATEGY]),
    of("strategy_share", Tenant, &[STRATEGY]),
    of("strategy_update", Tenant, &[STRATEGY]),
    of("strategy_list", Tenant, &[STRATEGY]),
    of("strategy_list_by_state", Tenant, &[("trading_strategy_state", "tenant_id state id")]),
    of("decision_insert", Tenant, &[]),
    of("decision_get", Tenant, &[DECISION]),
    of("decision_lock", Tenant, &[DECISION]),
    of("decision_known", Tenant, &[DECISION]),
    of("decision_update", Tenant, &[DECISION]),
    of("decision_list", Tenant, &[("trading_decision_time", "tenant_id created_at id")]),
    of(
        "decision_list_by_strategy",
        Tenant,
        &[("trading_decision_strategy", "tenant_id strategy_id created_at id")],
    ),
    of(
        "decision_list_by_symbol",
        Tenant,
        &[("trading_decision_symbol", "tenant_id symbol created_at id")],
    ),
    of(
        "decision_list_by_state",
        Tenant,
        &[("trading_decision_state", "tenant_id state created_at id")],
    ),
    of("execution_insert", Tenant, &[]),
    of("execution_get", Tenant, &[("trading_execution_pkey", "tenant_id id")]),
    of("execution_known", Tenant, &[("trading_execution_order", "tenant_id venue venue_order_id")]),
    of("execution_list", Tenant, &[("trading_execution_time", "tenant_id recorded_at id")]),
    of(
        "execution_list_by_decision",
        Tenant,
        &[("trading_execution_decision", "tenant_id decision_id recorded_at id")],
    ),
    of(
        "execution_list_by_venue",
        Tenant,
        &[("trading_execution_venue", "tenant_id venue recorded_at id")],
    ),
    sorts(
        "execution_list_by_order",
        Tenant,
        "an order is unique in its venue: one row",
        &[("trading_execution_order", "tenant_id venue venue_order_id")],
    ),
    of("review_insert", Tenant, &[]),
    of("review_list", Tenant, &[("trading_review_time", "tenant_id created_at id")]),
    of(
        "review_list_by_decision",
        Tenant,
        &[("trading_review_decision", "tenant_id decision_id created_at id")],
    ),
    of(
        "review_list_by_model",
        Tenant,
        &[("trading_review_model", "tenant_id model created_at id")],
    ),
    of(
        "review_list_by_verdict",
        Tenant,
        &[("trading_review_verdict", "tenant_id verdict created_at id")],
    ),
    of("cursor_get", Tenant, &[CURSOR]),
    of("cursor_lock", Tenant, &[CURSOR]),
    of("cursor_insert", Tenant, &[]),
    of("cursor_update", Tenant, &[CURSOR]),
    of("cursor_list", Tenant, &[CURSOR]),
];
