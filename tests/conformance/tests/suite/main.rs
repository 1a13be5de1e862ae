//! One test binary for all suites: one PostgreSQL, one build. A service has a file, an RPC a module in it with at least
//! `works`, `other_tenant` and `bad_input`; `coverage` reads the descriptor and fails when one is missing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::too_many_lines)]

mod coverage;

mod account_service;
mod api_key_service;
mod asset_template_service;
mod audit_service;
mod cursor_service;
mod decision_service;
mod escrow_asset_service;
mod execution_service;
mod institution_service;
mod ledger_asset_service;
mod operation_service;
mod period_service;
mod policy_service;
mod position_service;
mod review_service;
mod server_service;
mod strategy_service;
mod tenant_service;
mod trace_service;
mod transfer_service;

mod access_paths;
mod command_line;
mod czech_bank;
mod database_tls;
mod differential;
mod doctor;
mod drift;
mod institution_scope;
mod json_boundary;
mod migrations;
mod observability;
mod replicas;
mod statements;
mod tenancy;
mod transport;
