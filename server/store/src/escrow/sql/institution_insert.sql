WITH made AS (
    INSERT INTO bursar.escrow_institution (tenant_id, id, code, name, metadata)
    VALUES ($1, $2, $3, $4, $5)
    RETURNING id, code, name, metadata, revision, created_at, updated_at
), tagged AS (
    INSERT INTO bursar.escrow_institution_tag (tenant_id, institution_id, kind, value)
    SELECT $1, $2, 'region', unnest($6::text[])
    UNION ALL SELECT $1, $2, 'vertical', unnest($7::text[])
)
SELECT made.id, made.code, made.name, made.metadata, made.revision, made.created_at, made.updated_at,
       $6::text[] AS regions, $7::text[] AS verticals
FROM made
