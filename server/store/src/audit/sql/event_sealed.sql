-- An event as sealing hashes it (ADR 15): every column, in a form that no setting changes.
SELECT r.tenant_id, r.id, jsonb_build_array(
    'audit_event', r.tenant_id, r.id, r.key_id, r.institution_id, r.method, r.path, r.action, r.resource_type, r.resource_id,
    r.payload, r.request_id, (extract(epoch FROM r.occurred_at) * 1000000)::bigint,
    (extract(epoch FROM r.recorded_at) * 1000000)::bigint, r.xact::text)::text AS canonical
