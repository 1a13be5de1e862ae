SELECT tenancy.schema_version() AS version
