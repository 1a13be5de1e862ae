-- What the workloads of escrow need of tenant $tenant: institutions with a template and an asset each, accounts to be
-- paid, and locked positions that hold more than any run pays out, one for each caller of either side.
INSERT INTO bursar.escrow_institution (tenant_id, id, code, name)
SELECT '$tenant', md5('institution ' || n)::uuid, 'i' || n, 'Institution ' || n FROM generate_series(0, 99) AS n;
INSERT INTO bursar.escrow_asset_template (tenant_id, id, institution_id, code, name, region)
SELECT '$tenant', md5('template ' || n)::uuid, md5('institution ' || n)::uuid, 'flat', 'Flat', 'EU'
FROM generate_series(0, 99) AS n;
INSERT INTO bursar.escrow_asset (tenant_id, id, institution_id, template_id, label)
SELECT '$tenant', md5('asset ' || n)::uuid, md5('institution ' || n)::uuid, md5('template ' || n)::uuid, 'Flat ' || n
FROM generate_series(0, 99) AS n;
INSERT INTO bursar.ledger_account (tenant_id, id, asset, scale)
SELECT '$tenant', md5('payee ' || n)::uuid, 'EUR', 2 FROM generate_series(1, 1000) AS n;
INSERT INTO bursar.ledger_account (tenant_id, id, asset, scale, code, reserved, balance_rule, credits_posted)
SELECT '$tenant', md5(side || ' ' || n)::uuid, 'EUR', 2, 'escrow', true, 'debits_must_not_exceed_credits', 1000000000000
FROM generate_series(0, 31) AS n, (VALUES ('ours'), ('theirs')) AS sides (side);
INSERT INTO bursar.escrow_position (tenant_id, id, institution_id, template_id, asset_id, holder_reference, currency, scale,
                                    amount, held, state)
SELECT '$tenant', md5(side || ' ' || n)::uuid, md5('institution 0')::uuid, md5('template 0')::uuid, md5('asset 0')::uuid,
       'holder', 'EUR', 2, 1000000000000, 1000000000000, 'locked'
FROM generate_series(0, 31) AS n, (VALUES ('ours'), ('theirs')) AS sides (side);
-- What a position was at any time is in its events, and one without any is not found.
INSERT INTO bursar.escrow_position_event (tenant_id, id, institution_id, position_id, revision, kind, state, scale, amount, held,
                                          released, refunded, key_id)
SELECT tenant_id, id, institution_id, id, revision, 'created', state, scale, amount, held, 0, 0, id
FROM bursar.escrow_position WHERE tenant_id = '$tenant';
