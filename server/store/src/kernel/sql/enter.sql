SELECT set_config('role', $1, true), set_config('app.tenant_id', $2, true), set_config('app.institution_id', $3, true),
       set_config('statement_timeout', $4, true), set_config('lock_timeout', $5, true)
