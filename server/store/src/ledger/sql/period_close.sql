INSERT INTO bursar.ledger_period (tenant_id, starts_on, ends_on, closed_at, key_id)
VALUES ($1, $2, $3, $4, $5)
RETURNING starts_on, ends_on, closed_at, key_id
