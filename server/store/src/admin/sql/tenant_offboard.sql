SELECT tenancy.offboard_tenant($1)
