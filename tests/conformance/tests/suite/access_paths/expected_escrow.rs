//! Which index each statement of escrow must use.

use super::expected::Role::Tenant;
use super::expected::{Expected, of, sorts};

const POSITION: (&str, &str) = ("escrow_position_pkey", "tenant_id id");
/// By id, or with what its institution owns.
const TEMPLATE_OWN: (&str, &str) =
    ("escrow_asset_template_pkey|escrow_asset_template_own", "tenant_id id");
const ASSET: (&str, &str) = ("escrow_asset_pkey", "tenant_id id");
/// By id, or with its template.
const ASSET_OWN: (&str, &str) = ("escrow_asset_pkey|escrow_asset_own", "tenant_id id");
const INSTITUTION: (&str, &str) = ("escrow_institution_pkey", "tenant_id id");
const POLICY: (&str, &str) =
    ("escrow_policy_pkey|escrow_policy_region", "tenant_id institution_id region");
/// The regions and verticals of an institution.
const TAGS: (&str, &str) = ("escrow_institution_tag_pkey", "tenant_id institution_id kind");
/// Whether it has one of that value.
const TAGGED: (&str, &str) = (
    "escrow_institution_tag_pkey|escrow_institution_tag_value",
    "tenant_id kind value institution_id",
);
const TEMPLATE: (&str, &str) = ("escrow_asset_template_pkey", "tenant_id id");

/// Every statement of escrow.
pub(super) const ESCROW: &[Expected] = &[
    // Positions.
    of("position_get", Tenant, &[POSITION]),
    of("position_lock", Tenant, &[POSITION]),
    of("position_insert", Tenant, &[]),
    of("position_update", Tenant, &[POSITION]),
    of("position_event_insert", Tenant, &[]),
    of("ledger_event_insert", Tenant, &[]),
    of(
        "position_event_latest",
        Tenant,
        &[("escrow_position_event_position", "tenant_id position_id occurred_at")],
    ),
    of("position_terms", Tenant, &[ASSET_OWN, TEMPLATE_OWN, POLICY]),
    of("position_terms_held", Tenant, &[POSITION, ASSET_OWN, TEMPLATE_OWN, POLICY]),
    sorts("position_search", Tenant, "only the page that the search found", &[POSITION]),
    of("position_list", Tenant, &[("escrow_position_created", "tenant_id created_at id")]),
    of(
        "position_list_by_asset",
        Tenant,
        &[("escrow_position_for_asset", "tenant_id asset_id created_at id")],
    ),
    of(
        "position_list_by_currency",
        Tenant,
        &[("escrow_position_currency", "tenant_id currency created_at id")],
    ),
    of(
        "position_list_by_holder",
        Tenant,
        &[("escrow_position_holder", "tenant_id holder_reference created_at id")],
    ),
    of(
        "position_list_by_institution",
        Tenant,
        &[("escrow_position_institution", "tenant_id institution_id created_at id")],
    ),
    of(
        "position_list_by_institution_state",
        Tenant,
        &[("escrow_position_institution_state", "tenant_id institution_id state created_at id")],
    ),
    of(
        "position_list_by_reference",
        Tenant,
        &[("escrow_position_by_reference", "tenant_id external_reference created_at id")],
    ),
    of(
        "position_list_by_state",
        Tenant,
        &[("escrow_position_state", "tenant_id state created_at id")],
    ),
    of(
        "position_list_by_template",
        Tenant,
        &[("escrow_position_template", "tenant_id template_id created_at id")],
    ),
    of(
        "position_event_list",
        Tenant,
        &[("escrow_position_event_time", "tenant_id occurred_at id")],
    ),
    of(
        "position_event_list_by_institution",
        Tenant,
        &[("escrow_position_event_institution", "tenant_id institution_id occurred_at id")],
    ),
    of(
        "position_event_list_by_kind",
        Tenant,
        &[("escrow_position_event_kind", "tenant_id kind occurred_at id")],
    ),
    of(
        "position_event_list_by_position",
        Tenant,
        &[("escrow_position_event_position", "tenant_id position_id occurred_at id")],
    ),
    of("ledger_event_list", Tenant, &[("escrow_ledger_event_time", "tenant_id occurred_at id")]),
    of(
        "ledger_event_list_by_institution",
        Tenant,
        &[("escrow_ledger_event_institution", "tenant_id institution_id occurred_at id")],
    ),
    of(
        "ledger_event_list_by_kind",
        Tenant,
        &[("escrow_ledger_event_kind", "tenant_id kind occurred_at id")],
    ),
    of(
        "ledger_event_list_by_position",
        Tenant,
        &[("escrow_ledger_event_for_position", "tenant_id position_id occurred_at id")],
    ),
    // Institutions.
    of("institution_get", Tenant, &[INSTITUTION, TAGS]),
    of("institution_lock", Tenant, &[INSTITUTION, TAGS]),
    of("institution_insert", Tenant, &[]),
    of(
        "institution_update",
        Tenant,
        &[INSTITUTION, ("escrow_institution_tag_pkey", "tenant_id institution_id")],
    ),
    of("institution_list", Tenant, &[INSTITUTION, TAGS]),
    sorts(
        "institution_list_by_code",
        Tenant,
        "a code is unique: one row",
        &[("escrow_institution_code", "tenant_id code"), TAGS, TAGGED],
    ),
    of(
        "institution_list_by_name",
        Tenant,
        &[("escrow_institution_name", "tenant_id name id"), TAGS, TAGGED],
    ),
    of(
        "institution_list_by_tag",
        Tenant,
        &[
            ("escrow_institution_tag_value", "tenant_id kind value institution_id"),
            INSTITUTION,
            TAGS,
            TAGGED,
        ],
    ),
    sorts("institution_search", Tenant, "one page that the search found", &[INSTITUTION, TAGS]),
    // Asset templates.
    of("asset_template_get", Tenant, &[TEMPLATE]),
    of("asset_template_lock", Tenant, &[TEMPLATE]),
    of("asset_template_insert", Tenant, &[INSTITUTION]),
    of("asset_template_update", Tenant, &[TEMPLATE]),
    of("asset_template_list", Tenant, &[TEMPLATE]),
    of(
        "asset_template_list_by_institution",
        Tenant,
        &[("escrow_asset_template_own", "tenant_id institution_id id")],
    ),
    of(
        "asset_template_list_by_code",
        Tenant,
        &[("escrow_asset_template_by_code", "tenant_id code id")],
    ),
    of(
        "asset_template_list_by_name",
        Tenant,
        &[("escrow_asset_template_name", "tenant_id name id")],
    ),
    of(
        "asset_template_list_by_vertical",
        Tenant,
        &[("escrow_asset_template_vertical", "tenant_id vertical id")],
    ),
    of(
        "asset_template_list_by_region",
        Tenant,
        &[("escrow_asset_template_region", "tenant_id region id")],
    ),
    sorts("asset_template_search", Tenant, "one page that the search found", &[TEMPLATE]),
    // Assets of escrow.
    of("escrow_asset_get", Tenant, &[ASSET]),
    of("escrow_asset_lock", Tenant, &[ASSET]),
    of(
        "escrow_asset_insert",
        Tenant,
        &[("escrow_asset_template_pkey|escrow_asset_template_own", "tenant_id id")],
    ),
    of("escrow_asset_update", Tenant, &[ASSET]),
    of("escrow_asset_list", Tenant, &[ASSET]),
    of(
        "escrow_asset_list_by_institution",
        Tenant,
        &[("escrow_asset_institution", "tenant_id institution_id id")],
    ),
    of(
        "escrow_asset_list_by_template",
        Tenant,
        &[("escrow_asset_by_template", "tenant_id template_id id")],
    ),
    of("escrow_asset_list_by_label", Tenant, &[("escrow_asset_label", "tenant_id label id")]),
    sorts("escrow_asset_search", Tenant, "one page that the search found", &[ASSET]),
    // Policies.
    of("policy_get", Tenant, &[POLICY]),
    of("policy_lock", Tenant, &[POLICY]),
    of("policy_insert", Tenant, &[INSTITUTION]),
    of("policy_update", Tenant, &[POLICY]),
    of("policy_list", Tenant, &[("escrow_policy_pkey", "tenant_id institution_id region")]),
    of(
        "policy_list_by_institution",
        Tenant,
        &[("escrow_policy_pkey", "tenant_id institution_id region")],
    ),
    of(
        "policy_list_by_region",
        Tenant,
        &[("escrow_policy_region", "tenant_id region institution_id")],
    ),
    of("policy_change_insert", Tenant, &[]),
    of(
        "policy_change_list",
        Tenant,
        &[("escrow_policy_change_pkey", "tenant_id institution_id region revision")],
    ),
];
