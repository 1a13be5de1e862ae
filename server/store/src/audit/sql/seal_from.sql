-- Where sealing goes on, and up to where nothing is under way any more: what is below has committed or never will.
SELECT COALESCE((SELECT upto FROM bursar.audit_seal ORDER BY upto DESC LIMIT 1), 0) AS sealed,
       pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS horizon, now() AS now
