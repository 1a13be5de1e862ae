-- $positions positions of tenant $tenant: of 100 institutions, in four states, in two currencies, evenly.
INSERT INTO bursar.escrow_position (tenant_id, id, institution_id, template_id, asset_id, holder_reference, currency, scale,
                                    amount, state, created_at, updated_at)
SELECT '$tenant', md5('position ' || n)::uuid, md5('institution ' || n % 100)::uuid, md5('template ' || n % 100)::uuid,
       md5('asset ' || n % 100)::uuid, 'holder ' || n % 10000, (ARRAY['EUR', 'USD'])[1 + n / 400 % 2], 2, 100,
       (ARRAY['proposed', 'released', 'cancelled', 'expired'])[1 + n / 100 % 4],
       now() - make_interval(secs => $positions - n), now() - make_interval(secs => $positions - n)
FROM generate_series(1, $positions) AS n;
