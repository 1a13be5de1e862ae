-- Believable volume for one tenant (TENANT is replaced): 2,000 accounts, 20,000 transfers, 20,000 audit events.
INSERT INTO bursar.ledger_account (tenant_id, id, asset, scale, code, external_reference)
SELECT 'TENANT', md5('TENANT a ' || n)::uuid, (ARRAY['EUR', 'USD', 'CZK', 'BTC'])[1 + n % 4], 8,
       CASE WHEN n % 5 = 0 THEN '' ELSE 'code-' || n % 40 END, CASE WHEN n % 2 = 0 THEN 'reference-' || n END
FROM generate_series(0, 1999) AS n;

INSERT INTO bursar.ledger_transfer (
    tenant_id, id, kind, debit_id, credit_id, amount, code, external_reference, metadata, value_date, posted_at, shifted,
    pending_id, reversed_id, group_id, key_id, institution_id,
    debit_version, debit_debits_posted, debit_credits_posted, debit_debits_pending, debit_credits_pending,
    credit_version, credit_debits_posted, credit_credits_posted, credit_debits_pending, credit_credits_pending)
SELECT 'TENANT', md5('TENANT t ' || n)::uuid,
       CASE n % 20 WHEN 1 THEN 'pending' WHEN 2 THEN 'post' WHEN 3 THEN 'reversal' ELSE 'direct' END,
       md5('TENANT a ' || n % 1000)::uuid, md5('TENANT a ' || 1000 + n * 7 % 1000)::uuid, 1 + n % 100,
       'code-' || n % 40, CASE WHEN n % 3 = 0 THEN 'reference-' || n / 6 END, jsonb_build_object('n', n),
       (t.at AT TIME ZONE 'UTC')::date - CASE WHEN n % 10 = 0 THEN 3 ELSE 0 END, t.at, n % 10 = 0,
       CASE WHEN n % 20 = 2 THEN md5('TENANT t ' || n - 1)::uuid END,
       CASE WHEN n % 20 = 3 THEN md5('TENANT t ' || n + 1)::uuid END,
       CASE WHEN n % 5 = 0 THEN md5('TENANT g ' || n / 20)::uuid END,
       md5('TENANT k ' || n % 50)::uuid, CASE WHEN n % 4 = 0 THEN md5('TENANT i ' || n % 8)::uuid END,
       1, 0, 0, 0, 0, 1, 0, 0, 0, 0
FROM generate_series(0, 19999) AS n, LATERAL (SELECT now() - make_interval(mins => (20000 - n) * 20) AS at) AS t;

INSERT INTO bursar.ledger_hold (tenant_id, id, debit_id, credit_id, amount, remaining, state, expires_at, created_at, ended_at)
SELECT tenant_id, id, debit_id, credit_id, amount, CASE WHEN open THEN amount ELSE 0 END,
       CASE WHEN open THEN 'open' ELSE 'posted' END, posted_at + interval '900 days', posted_at,
       CASE WHEN open THEN 'infinity' ELSE posted_at + interval '1 day' END
FROM (SELECT *, posted_at > now() - interval '30 days' AS open FROM bursar.ledger_transfer
      WHERE tenant_id = 'TENANT' AND kind = 'pending') AS pending;

INSERT INTO bursar.ledger_period (tenant_id, starts_on, ends_on, closed_at, key_id)
SELECT 'TENANT', NULL, date '2026-01-01' - n * 7, timestamptz '2026-01-03' - make_interval(days => n * 7),
       md5('TENANT k 0')::uuid
FROM generate_series(0, 499) AS n;

INSERT INTO bursar.audit_event (tenant_id, id, key_id, institution_id, method, path, action, resource_type, resource_id,
                                payload, occurred_at, recorded_at)
SELECT 'TENANT', md5('TENANT e ' || n)::uuid, md5('TENANT k ' || n % 50)::uuid,
       CASE WHEN n % 4 = 0 THEN md5('TENANT i ' || n % 8)::uuid END, 'Method', '/path',
       'action-' || n % 20, 'type-' || n % 5, md5('TENANT a ' || n % 2000), '{}', t.at, t.at
FROM generate_series(0, 19999) AS n, LATERAL (SELECT now() - make_interval(mins => (20000 - n) * 20) AS at) AS t;

INSERT INTO bursar.operation_record (tenant_id, request_id, method, request, reply, key_id, recorded_at)
SELECT 'TENANT', md5('TENANT o ' || n)::uuid, '/path', 'request', 'reply', md5('TENANT k ' || n % 50)::uuid,
       now() - make_interval(mins => n * 2)
FROM generate_series(0, 19999) AS n;

INSERT INTO bursar.admin_api_key (tenant_id, id, label, role, hash, created_at)
SELECT 'TENANT', md5('TENANT k ' || n)::uuid, 'key ' || n, 'viewer', decode(repeat('00', 32), 'hex'),
       now() - make_interval(hours => n)
FROM generate_series(0, 999) AS n;

INSERT INTO bursar.ref_asset (tenant_id, code, name, scale, kind)
SELECT 'TENANT', 'OWN' || n, 'Own ' || n, 2, (ARRAY['fiat', 'crypto', 'other'])[1 + n % 3]
FROM generate_series(0, 4999) AS n;

INSERT INTO bursar.escrow_institution (tenant_id, id, code, name, metadata)
SELECT 'TENANT', md5('TENANT i ' || n)::uuid, 'code-' || n, 'name ' || n % 500, jsonb_build_object('n', n, 'even', n % 2 = 0)
FROM generate_series(0, 4999) AS n;

INSERT INTO bursar.escrow_institution_tag (tenant_id, institution_id, kind, value)
SELECT 'TENANT', md5('TENANT i ' || n)::uuid, kind, kind || '-' || (n + at) % 300
FROM generate_series(0, 4999) AS n, unnest(ARRAY['region', 'vertical']) AS kind, generate_series(0, 1) AS at;

INSERT INTO bursar.escrow_asset_template (tenant_id, id, institution_id, code, name, vertical, region, config)
SELECT 'TENANT', md5('TENANT et ' || n)::uuid, md5('TENANT i ' || n % 5000)::uuid, 'code-' || n / 20, 'name ' || n % 500,
       'vertical-' || n % 300, 'region-' || n % 300, jsonb_build_object('n', n, 'even', n % 2 = 0)
FROM generate_series(0, 9999) AS n;

INSERT INTO bursar.escrow_asset (tenant_id, id, institution_id, template_id, label, metadata)
SELECT 'TENANT', md5('TENANT ea ' || n)::uuid, md5('TENANT i ' || n % 10000 % 5000)::uuid, md5('TENANT et ' || n % 10000)::uuid,
       'label ' || n % 500, jsonb_build_object('n', n, 'even', n % 2 = 0)
FROM generate_series(0, 19999) AS n;

INSERT INTO bursar.escrow_policy (tenant_id, institution_id, region)
SELECT 'TENANT', md5('TENANT i ' || n % 1000)::uuid, 'region-' || n / 1000
FROM generate_series(0, 9999) AS n;

INSERT INTO bursar.escrow_policy_change (tenant_id, institution_id, region, revision, after, key_id)
SELECT 'TENANT', md5('TENANT i ' || n % 1000)::uuid, 'region-' || n % 2, 1 + n / 1000, '{}', md5('TENANT k 0')::uuid
FROM generate_series(0, 9999) AS n;

INSERT INTO bursar.escrow_position (tenant_id, id, institution_id, template_id, asset_id, holder_reference, currency, scale,
                                    amount, state, external_reference, metadata, created_at)
SELECT 'TENANT', md5('TENANT p ' || n)::uuid, md5('TENANT i ' || n % 5000)::uuid, md5('TENANT et ' || n % 10000)::uuid,
       md5('TENANT ea ' || n)::uuid, 'holder-' || n % 4000, (ARRAY['EUR', 'USD', 'CZK', 'BTC'])[1 + n % 4], 2, 100,
       (ARRAY['proposed', 'cancelled', 'expired', 'refunded'])[1 + n % 4],
       CASE WHEN n % 2 = 0 THEN 'deal-' || n END, jsonb_build_object('n', n % 5000), t.at
FROM generate_series(0, 19999) AS n, LATERAL (SELECT now() - make_interval(mins => (20000 - n) * 20) AS at) AS t;

INSERT INTO bursar.escrow_position_event (tenant_id, id, institution_id, position_id, revision, kind, state, scale, held,
                                          released, refunded, key_id, occurred_at)
SELECT tenant_id, md5(id || ' e')::uuid, institution_id, id, 1,
       CASE WHEN external_reference IS NULL THEN 'moved' ELSE 'created' END, state, 2, 0, 0, 0,
       md5('TENANT k 0')::uuid, created_at
FROM bursar.escrow_position WHERE tenant_id = 'TENANT';

INSERT INTO bursar.escrow_ledger_event (tenant_id, id, institution_id, position_id, kind, previous_state, state, debit_id,
                                        credit_id, currency, scale, amount, key_id, occurred_at)
SELECT tenant_id, md5(id || ' l')::uuid, institution_id, id, CASE WHEN external_reference IS NULL THEN 'funded' ELSE 'refunded' END,
       'proposed', state, id, id, currency, 2, 1, md5('TENANT k 0')::uuid, created_at
FROM bursar.escrow_position WHERE tenant_id = 'TENANT';

INSERT INTO bursar.admin_tenant (tenant_id, name, created_at)
SELECT md5('TENANT neighbour ' || n)::uuid, 'neighbour ' || n, now() - make_interval(hours => n)
FROM generate_series(0, 999) AS n;

INSERT INTO bursar.admin_api_key (tenant_id, id, label, role, hash)
SELECT md5('TENANT neighbour ' || n % 1000)::uuid, md5('TENANT neighbour k ' || n)::uuid, 'key ' || n, 'viewer',
       decode(repeat('00', 32), 'hex')
FROM generate_series(0, 9999) AS n;

-- Beside those that the server makes: other places, and transactions of before there were any.
INSERT INTO bursar.audit_seal (tenant_id, position, upto, events, transfers, leaves, hash, sealed_at)
SELECT 'TENANT', 1000000 + n, n - 1000000, n, n, '', decode(repeat('00', 32), 'hex'), now() - make_interval(mins => (20000 - n) * 20)
FROM generate_series(1, 20000) AS n;

INSERT INTO bursar.trace_link (tenant_id, kind, resource_id, transfer_id)
SELECT 'TENANT', CASE n % 2 WHEN 0 THEN 'position' ELSE 'execution' END, md5('TENANT r ' || n / 4)::uuid,
       md5('TENANT t ' || n)::uuid
FROM generate_series(0, 19999) AS n;

INSERT INTO bursar.trading_strategy (tenant_id, id, name, state)
SELECT 'TENANT', md5('TENANT s ' || n)::uuid, 'strategy-' || n, CASE WHEN n % 10 = 0 THEN 'enabled' ELSE 'disabled' END
FROM generate_series(0, 1999) AS n;

INSERT INTO bursar.trading_decision (tenant_id, id, strategy_id, symbol, side, quantity, state, created_at)
SELECT 'TENANT', md5('TENANT d ' || n)::uuid, md5('TENANT s ' || n % 400)::uuid, 'symbol-' || n % 60, 'buy', 1 + n % 9,
       (ARRAY['planned', 'executed', 'cancelled'])[1 + n % 3], now() - make_interval(mins => n * 20)
FROM generate_series(0, 19999) AS n;

INSERT INTO bursar.trading_execution (tenant_id, id, decision_id, venue, venue_order_id, symbol, side, quantity, price, fee,
                                      raw_payload, payload, key_id, recorded_at)
SELECT 'TENANT', md5('TENANT x ' || n)::uuid, md5('TENANT d ' || n % 5000)::uuid, 'venue-' || n % 7, 'order-' || n,
       'symbol-' || n % 60, 'buy', 1, 2, 0, '{}', '{}', md5('TENANT k 0')::uuid, now() - make_interval(mins => n * 20)
FROM generate_series(0, 19999) AS n;

INSERT INTO bursar.trading_review (tenant_id, id, decision_id, model, verdict, input, response, latency_ms, input_tokens,
                                   output_tokens, key_id, created_at)
SELECT 'TENANT', md5('TENANT r ' || n)::uuid, md5('TENANT d ' || n % 5000)::uuid, 'model-' || n % 7, 'verdict-' || n % 5,
       '{}', '{}', 1, 1, 1, md5('TENANT k 0')::uuid, now() - make_interval(mins => n * 20)
FROM generate_series(0, 19999) AS n;

INSERT INTO bursar.trading_cursor (tenant_id, name, position)
SELECT 'TENANT', 'cursor-' || n, n
FROM generate_series(0, 1999) AS n;
