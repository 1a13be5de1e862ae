SELECT tenancy.schema_version()
