INSERT INTO bursar.escrow_position (tenant_id, id, institution_id, template_id, asset_id, holder_reference, currency,
                                    scale, amount, external_reference, metadata, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)
