-- Bursar's roles and their rights on this database. Run by an administrator (superuser, or CREATEROLE and owner of
-- the database); changes nothing that is already as it should be. Settings: bursar_bootstrap.database (guards against
-- the wrong database), bursar_bootstrap.password (of bursar_app, plain or SCRAM verifier; empty keeps what is there).
DO $bootstrap$
DECLARE
    modern   constant boolean := current_setting('server_version_num')::integer >= 160000;
    super    constant boolean := current_setting('is_superuser')::boolean;
    nil      constant text := 'app_tenant_' || repeat('0', 32);
    db       constant text := current_database();
    password constant text := coalesce(current_setting('bursar_bootstrap.password', true), '');
    changes  text[] := '{}';
    warnings text[] := '{}';
    want     record;
    have     record;
    right_   boolean;
BEGIN
    IF current_setting('server_version_num')::integer < 150000 THEN
        RAISE EXCEPTION 'PostgreSQL % is too old: Bursar needs 15 or later', current_setting('server_version');
    ELSIF db <> current_setting('bursar_bootstrap.database') THEN
        RAISE EXCEPTION 'this is database %, not %: connect to the right one', db, current_setting('bursar_bootstrap.database');
    ELSIF password LIKE '<%>' THEN
        RAISE EXCEPTION 'replace % by the password of bursar_app', password;
    ELSIF NOT super AND NOT EXISTS (SELECT FROM pg_database d WHERE d.datname = db
                                    AND pg_has_role(current_user, d.datdba, 'USAGE')) THEN
        RAISE EXCEPTION 'database % belongs to %: run this as its owner or as a superuser', db,
            (SELECT pg_get_userbyid(d.datdba) FROM pg_database d WHERE d.datname = db) USING ERRCODE = '42501';
    END IF;
    -- Roles belong to the cluster, so bootstraps of its other databases wait here too; others are caught by a retry.
    PERFORM pg_advisory_xact_lock(hashtextextended('bursar bootstrap', 0));
    IF super THEN
        LOCK TABLE pg_catalog.pg_authid IN SHARE ROW EXCLUSIVE MODE;
    END IF;

    FOR want IN
        SELECT * FROM (VALUES
            ('bursar_owner',    false, true,  true),
            ('bursar_app',      true,  false, false),
            ('bursar_auth',     false, true,  false),
            ('bursar_platform', false, true,  false),
            ('bursar_jobs',     false, true,  false),
            ('bursar_search',   false, true,  false),
            ('bursar_tenant',   false, true,  false),
            (nil,               false, true,  false)
        ) AS role (name, login, inherit, createrole)
    LOOP
        SELECT * INTO have FROM pg_roles WHERE rolname = want.name;
        IF NOT FOUND THEN
            EXECUTE format('CREATE ROLE %I %s %s %s', want.name,
                CASE WHEN want.login THEN 'LOGIN' ELSE 'NOLOGIN' END,
                CASE WHEN want.inherit THEN 'INHERIT' ELSE 'NOINHERIT' END,
                CASE WHEN want.createrole THEN 'CREATEROLE' ELSE 'NOCREATEROLE' END);
            changes := changes || format('role %s made', want.name);
        ELSIF have.rolsuper OR have.rolcreatedb OR have.rolreplication
              OR (have.rolbypassrls AND want.name <> 'bursar_search') THEN
            -- Not taken away silently: somebody gave it on purpose, and Bursar's walls do not hold with it.
            RAISE EXCEPTION 'role % has SUPERUSER, CREATEDB, REPLICATION or BYPASSRLS: take that away with ALTER ROLE first', want.name;
        ELSIF (have.rolcanlogin, have.rolinherit, have.rolcreaterole) <> (want.login, want.inherit, want.createrole) THEN
            EXECUTE format('ALTER ROLE %I %s %s %s', want.name,
                CASE WHEN want.login THEN 'LOGIN' ELSE 'NOLOGIN' END,
                CASE WHEN want.inherit THEN 'INHERIT' ELSE 'NOINHERIT' END,
                CASE WHEN want.createrole THEN 'CREATEROLE' ELSE 'NOCREATEROLE' END);
            changes := changes || format('role %s set right', want.name);
        END IF;
    END LOOP;

    IF password <> '' THEN
        EXECUTE format('ALTER ROLE bursar_app PASSWORD %L', password);
        changes := changes || 'password of bursar_app set'::text;
    END IF;

    FOR want IN
        SELECT * FROM (VALUES
            -- A tenant's role re-plans what the last tenant planned, and that costs more than a generic plan (ADR 1).
            ('plan_cache_mode', 'force_generic_plan'),
            -- A generic plan outlives the statistics it was made with: one made while a table was empty must still be
            -- right at a billion rows. Every statement of the service has its index, so look-ups in a loop are.
            ('enable_seqscan', 'off'),
            ('enable_hashjoin', 'off'),
            ('enable_mergejoin', 'off'),
            -- Before version 18 a step that is off counts as so dear that a plan with one would be compiled each time.
            ('jit', 'off'),
            -- Ends what a server that was killed has left open, with its locks.
            ('idle_in_transaction_session_timeout', '60s')
        ) AS setting (name, value)
    LOOP
        -- On the role and not by the client: a pooler in transaction mode drops a session's settings.
        IF NOT EXISTS (SELECT FROM pg_db_role_setting WHERE setrole = 'bursar_app'::regrole AND setdatabase = 0
                       AND want.name || '=' || want.value = ANY (setconfig)) THEN
            EXECUTE format('ALTER ROLE bursar_app SET %I = %L', want.name, want.value);
            changes := changes || format('%s of bursar_app set to %s', want.name, want.value);
        END IF;
    END LOOP;

    IF NOT (SELECT rolbypassrls FROM pg_roles WHERE rolname = 'bursar_search') THEN
        BEGIN
            ALTER ROLE bursar_search BYPASSRLS;
            changes := changes || 'bursar_search bypasses row-level security'::text;
        EXCEPTION WHEN insufficient_privilege THEN
            warnings := warnings || ('bursar_search has no BYPASSRLS, for this administrator may not give it: searches '
                'in JSON and text will be slower; a superuser can run ALTER ROLE bursar_search BYPASSRLS')::text;
        END;
    END IF;

    FOR want IN
        SELECT * FROM (VALUES
            ('bursar_auth',     'bursar_app',   false, false, true),
            ('bursar_jobs',     'bursar_app',   false, false, true),
            (nil,               'bursar_app',   false, false, true),
            ('bursar_tenant',   nil,            false, true,  false),
            ('bursar_platform', nil,            false, true,  false),
            -- For migrations that hand a function to it.
            ('bursar_search',   'bursar_owner', false, false, true)
        ) AS membership (role, member, admin, inherit, settable)
        UNION ALL
        -- From 16 on CREATEROLE alone cannot grant or drop: tenants' roles need it, those made on 15 included.
        SELECT rolname::text, 'bursar_owner', true, false, false FROM pg_roles
        WHERE modern AND rolname <> nil AND (rolname = 'bursar_tenant' OR rolname ~ '^app_tenant_[0-9a-f]{32}$')
    LOOP
        IF modern THEN
            SELECT bool_or(admin_option) >= want.admin AND bool_or(inherit_option) = want.inherit
                   AND bool_or(set_option) >= want.settable INTO right_
            FROM pg_auth_members WHERE roleid = want.role::regrole AND member = want.member::regrole;
            IF right_ IS NOT TRUE THEN
                EXECUTE format('GRANT %I TO %I WITH ADMIN %s, INHERIT %s, SET %s', want.role, want.member,
                               want.admin::text, want.inherit::text, want.settable::text);
            END IF;
        ELSE
            SELECT true INTO right_
            FROM pg_auth_members WHERE roleid = want.role::regrole AND member = want.member::regrole;
            IF right_ IS NOT TRUE THEN
                EXECUTE format('GRANT %I TO %I', want.role, want.member);
            END IF;
        END IF;
        IF right_ IS NOT TRUE THEN
            changes := changes || format('%s granted to %s', want.role, want.member);
        END IF;
    END LOOP;
    -- Who runs this runs the migrations, as bursar_owner.
    IF NOT super AND NOT pg_has_role(current_user, 'bursar_owner', CASE WHEN modern THEN 'SET' ELSE 'MEMBER' END) THEN
        EXECUTE format('GRANT bursar_owner TO %I%s', current_user,
                       CASE WHEN modern THEN ' WITH INHERIT FALSE, SET TRUE' ELSE '' END);
        changes := changes || format('bursar_owner granted to %s', current_user);
    END IF;

    IF NOT has_database_privilege('bursar_owner', db, 'CREATE') THEN
        EXECUTE format('GRANT CREATE ON DATABASE %I TO bursar_owner', db);
        changes := changes || format('CREATE on %s granted to bursar_owner', db);
    END IF;
    IF NOT EXISTS (SELECT FROM pg_database d, aclexplode(d.datacl) a WHERE d.datname = db
                   AND a.grantee = 'bursar_app'::regrole AND a.privilege_type = 'CONNECT') THEN
        EXECUTE format('GRANT CONNECT ON DATABASE %I TO bursar_app', db);
        changes := changes || format('CONNECT on %s granted to bursar_app', db);
    END IF;
    IF EXISTS (SELECT FROM pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
               WHERE d.datname = db AND a.grantee = 0) THEN
        EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', db);
        changes := changes || format('rights on %s taken from PUBLIC', db);
    END IF;
    IF EXISTS (SELECT FROM pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a
               WHERE n.nspname = 'public' AND a.grantee = 0) THEN
        IF super OR (SELECT pg_has_role(current_user, nspowner, 'USAGE') FROM pg_namespace WHERE nspname = 'public') THEN
            REVOKE ALL ON SCHEMA public FROM PUBLIC;
            changes := changes || 'rights on schema public taken from PUBLIC'::text;
        ELSE
            warnings := warnings || 'PUBLIC keeps rights on schema public, which belongs to another role'::text;
        END IF;
    END IF;

    PERFORM set_config('bursar_bootstrap.changes', array_to_string(changes, E'\n'), true),
            set_config('bursar_bootstrap.warnings', array_to_string(warnings, E'\n'), true);
    IF cardinality(warnings) > 0 THEN
        RAISE WARNING '%', array_to_string(warnings, '; ');
    END IF;
END $bootstrap$;
