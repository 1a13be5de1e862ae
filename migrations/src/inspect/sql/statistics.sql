-- Whether statements are counted: the schema of the extension where it is made in this database.
SELECT (SELECT quote_ident(n.nspname) FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
        WHERE e.extname = 'pg_stat_statements'),
       EXISTS (SELECT FROM pg_available_extensions a WHERE a.name = 'pg_stat_statements')
