SELECT set_config('role', $1, true), set_config('app.tenant_id', $2, true)
