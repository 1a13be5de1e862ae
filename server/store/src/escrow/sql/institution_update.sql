WITH gone AS (
    DELETE FROM bursar.escrow_institution_tag
    WHERE tenant_id = $1 AND institution_id = $2
      AND value <> ALL (CASE kind WHEN 'region' THEN $6::text[] ELSE $7::text[] END)
), tagged AS (
    INSERT INTO bursar.escrow_institution_tag (tenant_id, institution_id, kind, value)
    SELECT $1, $2, 'region', unnest($6::text[])
    UNION ALL SELECT $1, $2, 'vertical', unnest($7::text[])
    ON CONFLICT DO NOTHING
)
UPDATE bursar.escrow_institution
SET code = $3, name = $4, metadata = $5, revision = revision + 1, updated_at = now()
WHERE tenant_id = $1 AND id = $2
RETURNING id, code, name, metadata, revision, created_at, updated_at, $6::text[] AS regions, $7::text[] AS verticals
