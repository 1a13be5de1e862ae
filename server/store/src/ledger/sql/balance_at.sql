(SELECT posted_at, debit_version AS version, debit_debits_posted AS debits_posted, debit_credits_posted AS credits_posted,
        debit_debits_pending AS debits_pending, debit_credits_pending AS credits_pending
 FROM bursar.ledger_transfer
 WHERE tenant_id = $1 AND debit_id = $2 AND posted_at < $3
 ORDER BY posted_at DESC LIMIT 1)
UNION ALL
(SELECT posted_at, credit_version, credit_debits_posted, credit_credits_posted, credit_debits_pending, credit_credits_pending
 FROM bursar.ledger_transfer
 WHERE tenant_id = $1 AND credit_id = $2 AND posted_at < $3
 ORDER BY posted_at DESC LIMIT 1)
ORDER BY posted_at DESC
LIMIT 1
