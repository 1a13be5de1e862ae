-- The plain layout that the baselines stand on: what a good engineer would write by hand. It stays as it is when
-- Bursar's own layout changes, or figures of different days could not be compared.

CREATE SCHEMA baseline;

CREATE TABLE baseline.accounts (
    tenant uuid NOT NULL,
    id uuid NOT NULL,
    debits_posted numeric NOT NULL DEFAULT 0,
    credits_posted numeric NOT NULL DEFAULT 0,
    debits_pending numeric NOT NULL DEFAULT 0,
    credits_pending numeric NOT NULL DEFAULT 0,
    flags integer NOT NULL DEFAULT 0,
    version bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant, id)
) WITH (fillfactor = 70);

CREATE TABLE baseline.transfers (
    tenant uuid NOT NULL,
    seq bigint GENERATED ALWAYS AS IDENTITY,
    id uuid NOT NULL,
    debit uuid NOT NULL,
    credit uuid NOT NULL,
    amount numeric NOT NULL,
    state smallint NOT NULL,
    debit_after numeric NOT NULL,
    credit_after numeric NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    metadata jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (tenant, id)
);
CREATE INDEX transfers_debit ON baseline.transfers (tenant, debit, seq);
CREATE INDEX transfers_credit ON baseline.transfers (tenant, credit, seq);

-- Locks both accounts in order, updates both, inserts the transfer, and returns its id and both balances.
CREATE FUNCTION baseline.transfer(
    of_tenant uuid, with_id uuid, from_debit uuid, to_credit uuid, for_amount numeric,
    OUT transfer_id uuid, OUT debit_balance numeric, OUT credit_balance numeric
) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM baseline.accounts
    WHERE tenant = of_tenant AND id IN (from_debit, to_credit)
    ORDER BY id
    FOR NO KEY UPDATE;

    UPDATE baseline.accounts
    SET debits_posted = debits_posted + for_amount, version = version + 1
    WHERE tenant = of_tenant AND id = from_debit
    RETURNING credits_posted - debits_posted INTO STRICT debit_balance;

    UPDATE baseline.accounts
    SET credits_posted = credits_posted + for_amount, version = version + 1
    WHERE tenant = of_tenant AND id = to_credit
    RETURNING credits_posted - debits_posted INTO STRICT credit_balance;

    INSERT INTO baseline.transfers (tenant, id, debit, credit, amount, state, debit_after, credit_after)
    VALUES (of_tenant, with_id, from_debit, to_credit, for_amount, 1, debit_balance, credit_balance);
    transfer_id := with_id;
END $$;
