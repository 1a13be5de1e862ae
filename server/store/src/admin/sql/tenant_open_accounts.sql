SELECT tenancy.ledger_open_accounts($1) AS open_accounts
