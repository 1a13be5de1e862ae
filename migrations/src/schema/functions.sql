-- Functions with owner (where it is not bursar_owner), comment and grants.
SELECT f.signature, rtrim(pg_get_functiondef(f.oid), E'\n') || ';'
       || CASE WHEN f.owner <> 'bursar_owner' THEN E'\n' || format('ALTER FUNCTION %s OWNER TO %I;', f.signature, f.owner)
               ELSE '' END
       || coalesce(E'\n' || format('COMMENT ON FUNCTION %s IS ', f.signature) || quote_literal(obj_description(f.oid, 'pg_proc')) || ';', '')
       -- Everybody may execute a function unless that was taken away.
       || CASE WHEN NOT EXISTS (SELECT FROM aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) WHERE grantee = 0)
               THEN E'\n' || format('REVOKE ALL ON FUNCTION %s FROM PUBLIC;', f.signature)
               ELSE E'\n' || format('GRANT EXECUTE ON FUNCTION %s TO PUBLIC;', f.signature) END
       || coalesce(E'\n' || (
           SELECT string_agg(format('GRANT EXECUTE ON FUNCTION %s TO %s%s;', f.signature, a.grantee::regrole,
                                    CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END), E'\n'
                             ORDER BY a.grantee::regrole::text COLLATE "C")
           FROM (SELECT DISTINCT grantee, is_grantable FROM aclexplode(f.proacl) WHERE grantee NOT IN (0, f.proowner)) a), '')
       || CASE WHEN f.proacl IS NOT NULL AND NOT EXISTS (SELECT FROM aclexplode(f.proacl) WHERE grantee = f.proowner)
               THEN E'\n' || format('REVOKE EXECUTE ON FUNCTION %s FROM %I;', f.signature, f.owner) ELSE '' END
FROM (SELECT p.oid, p.proacl, p.proowner, pg_get_userbyid(p.proowner) AS owner,
             format('%I.%I(%s)', n.nspname, p.proname, oidvectortypes(p.proargtypes)) AS signature
      FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
      WHERE n.nspname IN ('bursar', 'tenancy') AND p.prokind <> 'a'
        -- A body of several statements would be torn apart at their semicolons.
        AND COALESCE(pg_get_function_sqlbody(p.oid) NOT LIKE 'BEGIN ATOMIC%', true)) f
ORDER BY f.signature COLLATE "C"
