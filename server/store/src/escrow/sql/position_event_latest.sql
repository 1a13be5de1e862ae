SELECT id, institution_id, position_id, revision, kind, previous_state, state, scale, amount, held, released, refunded,
       account_id, reason, metadata, transfer_ids, key_id, occurred_at
FROM bursar.escrow_position_event
WHERE tenant_id = $1 AND position_id = $2 AND occurred_at <= $3
ORDER BY occurred_at DESC, id DESC
LIMIT $4
