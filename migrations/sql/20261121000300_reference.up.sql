-- Assets: what money is counted in. Shared rows belong to the nil tenant; tenants add their own beside them.

CREATE TABLE IF NOT EXISTS bursar.ref_asset (
    tenant_id  uuid        NOT NULL,
    code       text        NOT NULL CHECK (code ~ '^[A-Z0-9][A-Z0-9._-]{1,15}$'),
    name       text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    -- Never changes: accounts copy it.
    scale      smallint    NOT NULL CHECK (scale BETWEEN 0 AND 18),
    kind       text        NOT NULL CHECK (kind IN ('fiat', 'crypto', 'other')),
    metadata   jsonb       NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, code)
);
COMMENT ON TABLE bursar.ref_asset IS 'Assets with their number of decimals; rows of the nil tenant are shared by all.';
CREATE INDEX IF NOT EXISTS ref_asset_kind ON bursar.ref_asset (tenant_id, kind, code)
    WHERE kind IS NOT NULL;
ALTER TABLE bursar.ref_asset ENABLE ROW LEVEL SECURITY;
ALTER TABLE bursar.ref_asset FORCE ROW LEVEL SECURITY;
-- An array and not OR: it is one index condition.
DROP POLICY IF EXISTS tenant_read ON bursar.ref_asset;
CREATE POLICY tenant_read ON bursar.ref_asset FOR SELECT
    USING (tenant_id = ANY (ARRAY[(SELECT tenancy.current_tenant()), '00000000-0000-0000-0000-000000000000'::uuid]));
DROP POLICY IF EXISTS tenant_insert ON bursar.ref_asset;
CREATE POLICY tenant_insert ON bursar.ref_asset FOR INSERT
    WITH CHECK (tenant_id = (SELECT tenancy.current_tenant()));
-- For the seed and the guard.
DROP POLICY IF EXISTS owner_all ON bursar.ref_asset;
CREATE POLICY owner_all ON bursar.ref_asset TO bursar_owner USING (true) WITH CHECK (true);
GRANT SELECT, INSERT ON bursar.ref_asset TO bursar_tenant;

-- A code means one asset to each tenant: no own asset under a shared code, no shared code where a tenant has its own.
CREATE OR REPLACE FUNCTION tenancy.ref_asset_guard() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    shared constant uuid := '00000000-0000-0000-0000-000000000000';
    taken boolean;
BEGIN
    -- Two inserts of one code take turns; the second then sees the first.
    PERFORM pg_advisory_xact_lock(hashtextextended('bursar.ref_asset.' || NEW.code, 0));
    -- The first, a key look-up, is every tenant's case; the second reads the table when the platform adds an asset.
    IF NEW.tenant_id <> shared THEN
        taken := EXISTS (SELECT FROM bursar.ref_asset WHERE tenant_id = shared AND code = NEW.code);
    ELSE
        taken := EXISTS (SELECT FROM bursar.ref_asset WHERE tenant_id <> shared AND code = NEW.code);
    END IF;
    IF taken THEN
        RAISE EXCEPTION 'asset code % is taken', NEW.code
            USING ERRCODE = '23505', SCHEMA = 'bursar', TABLE = 'ref_asset', CONSTRAINT = 'ref_asset_shared_code';
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION tenancy.ref_asset_guard() FROM PUBLIC;
-- AFTER, so that row-level security speaks first and the guard tells nobody about another tenant's codes.
DROP TRIGGER IF EXISTS shared_code ON bursar.ref_asset;
CREATE TRIGGER shared_code AFTER INSERT OR UPDATE OF tenant_id, code ON bursar.ref_asset
    FOR EACH ROW EXECUTE FUNCTION tenancy.ref_asset_guard();

-- Active currencies of ISO 4217 with their minor units (list of 2026-01-01; no funds, metals or test codes).
INSERT INTO bursar.ref_asset (tenant_id, code, scale, name, kind)
SELECT '00000000-0000-0000-0000-000000000000', code, scale, name, 'fiat' FROM (VALUES
    ('AED', 2, 'UAE dirham'), ('AFN', 2, 'Afghan afghani'), ('ALL', 2, 'Albanian lek'), ('AMD', 2, 'Armenian dram'),
    ('AOA', 2, 'Angolan kwanza'), ('ARS', 2, 'Argentine peso'), ('AUD', 2, 'Australian dollar'),
    ('AWG', 2, 'Aruban florin'), ('AZN', 2, 'Azerbaijani manat'), ('BAM', 2, 'Bosnian convertible mark'),
    ('BBD', 2, 'Barbadian dollar'), ('BDT', 2, 'Bangladeshi taka'), ('BHD', 3, 'Bahraini dinar'),
    ('BIF', 0, 'Burundian franc'), ('BMD', 2, 'Bermudian dollar'), ('BND', 2, 'Brunei dollar'),
    ('BOB', 2, 'Bolivian boliviano'), ('BRL', 2, 'Brazilian real'), ('BSD', 2, 'Bahamian dollar'),
    ('BTN', 2, 'Bhutanese ngultrum'), ('BWP', 2, 'Botswana pula'), ('BYN', 2, 'Belarusian ruble'),
    ('BZD', 2, 'Belize dollar'), ('CAD', 2, 'Canadian dollar'), ('CDF', 2, 'Congolese franc'),
    ('CHF', 2, 'Swiss franc'), ('CLP', 0, 'Chilean peso'), ('CNY', 2, 'Chinese yuan renminbi'),
    ('COP', 2, 'Colombian peso'), ('CRC', 2, 'Costa Rican colon'), ('CUP', 2, 'Cuban peso'),
    ('CVE', 2, 'Cape Verdean escudo'), ('CZK', 2, 'Czech koruna'), ('DJF', 0, 'Djiboutian franc'),
    ('DKK', 2, 'Danish krone'), ('DOP', 2, 'Dominican peso'), ('DZD', 2, 'Algerian dinar'),
    ('EGP', 2, 'Egyptian pound'), ('ERN', 2, 'Eritrean nakfa'), ('ETB', 2, 'Ethiopian birr'), ('EUR', 2, 'Euro'),
    ('FJD', 2, 'Fiji dollar'), ('FKP', 2, 'Falkland Islands pound'), ('GBP', 2, 'Pound sterling'),
    ('GEL', 2, 'Georgian lari'), ('GHS', 2, 'Ghanaian cedi'), ('GIP', 2, 'Gibraltar pound'),
    ('GMD', 2, 'Gambian dalasi'), ('GNF', 0, 'Guinean franc'), ('GTQ', 2, 'Guatemalan quetzal'),
    ('GYD', 2, 'Guyanese dollar'), ('HKD', 2, 'Hong Kong dollar'), ('HNL', 2, 'Honduran lempira'),
    ('HTG', 2, 'Haitian gourde'), ('HUF', 2, 'Hungarian forint'), ('IDR', 2, 'Indonesian rupiah'),
    ('ILS', 2, 'Israeli new shekel'), ('INR', 2, 'Indian rupee'), ('IQD', 3, 'Iraqi dinar'),
    ('IRR', 2, 'Iranian rial'), ('ISK', 0, 'Icelandic krona'), ('JMD', 2, 'Jamaican dollar'),
    ('JOD', 3, 'Jordanian dinar'), ('JPY', 0, 'Japanese yen'), ('KES', 2, 'Kenyan shilling'),
    ('KGS', 2, 'Kyrgyzstani som'), ('KHR', 2, 'Cambodian riel'), ('KMF', 0, 'Comorian franc'),
    ('KPW', 2, 'North Korean won'), ('KRW', 0, 'South Korean won'), ('KWD', 3, 'Kuwaiti dinar'),
    ('KYD', 2, 'Cayman Islands dollar'), ('KZT', 2, 'Kazakhstani tenge'), ('LAK', 2, 'Lao kip'),
    ('LBP', 2, 'Lebanese pound'), ('LKR', 2, 'Sri Lankan rupee'), ('LRD', 2, 'Liberian dollar'),
    ('LSL', 2, 'Lesotho loti'), ('LYD', 3, 'Libyan dinar'), ('MAD', 2, 'Moroccan dirham'), ('MDL', 2, 'Moldovan leu'),
    ('MGA', 2, 'Malagasy ariary'), ('MKD', 2, 'Macedonian denar'), ('MMK', 2, 'Myanmar kyat'),
    ('MNT', 2, 'Mongolian tugrik'), ('MOP', 2, 'Macanese pataca'), ('MRU', 2, 'Mauritanian ouguiya'),
    ('MUR', 2, 'Mauritian rupee'), ('MVR', 2, 'Maldivian rufiyaa'), ('MWK', 2, 'Malawian kwacha'),
    ('MXN', 2, 'Mexican peso'), ('MYR', 2, 'Malaysian ringgit'), ('MZN', 2, 'Mozambican metical'),
    ('NAD', 2, 'Namibian dollar'), ('NGN', 2, 'Nigerian naira'), ('NIO', 2, 'Nicaraguan cordoba'),
    ('NOK', 2, 'Norwegian krone'), ('NPR', 2, 'Nepalese rupee'), ('NZD', 2, 'New Zealand dollar'),
    ('OMR', 3, 'Omani rial'), ('PAB', 2, 'Panamanian balboa'), ('PEN', 2, 'Peruvian sol'),
    ('PGK', 2, 'Papua New Guinean kina'), ('PHP', 2, 'Philippine peso'), ('PKR', 2, 'Pakistani rupee'),
    ('PLN', 2, 'Polish zloty'), ('PYG', 0, 'Paraguayan guarani'), ('QAR', 2, 'Qatari riyal'),
    ('RON', 2, 'Romanian leu'), ('RSD', 2, 'Serbian dinar'), ('RUB', 2, 'Russian ruble'), ('RWF', 0, 'Rwandan franc'),
    ('SAR', 2, 'Saudi riyal'), ('SBD', 2, 'Solomon Islands dollar'), ('SCR', 2, 'Seychelles rupee'),
    ('SDG', 2, 'Sudanese pound'), ('SEK', 2, 'Swedish krona'), ('SGD', 2, 'Singapore dollar'),
    ('SHP', 2, 'Saint Helena pound'), ('SLE', 2, 'Sierra Leonean leone'), ('SOS', 2, 'Somali shilling'),
    ('SRD', 2, 'Surinamese dollar'), ('SSP', 2, 'South Sudanese pound'), ('STN', 2, 'Sao Tome and Principe dobra'),
    ('SVC', 2, 'Salvadoran colon'), ('SYP', 2, 'Syrian pound'), ('SZL', 2, 'Swazi lilangeni'),
    ('THB', 2, 'Thai baht'), ('TJS', 2, 'Tajikistani somoni'), ('TMT', 2, 'Turkmenistan manat'),
    ('TND', 3, 'Tunisian dinar'), ('TOP', 2, 'Tongan pa''anga'), ('TRY', 2, 'Turkish lira'),
    ('TTD', 2, 'Trinidad and Tobago dollar'), ('TWD', 2, 'New Taiwan dollar'), ('TZS', 2, 'Tanzanian shilling'),
    ('UAH', 2, 'Ukrainian hryvnia'), ('UGX', 0, 'Ugandan shilling'), ('USD', 2, 'US dollar'),
    ('UYU', 2, 'Uruguayan peso'), ('UYW', 4, 'Uruguayan unidad previsional'), ('UZS', 2, 'Uzbekistani sum'),
    ('VED', 2, 'Venezuelan digital bolivar'), ('VES', 2, 'Venezuelan bolivar'), ('VND', 0, 'Vietnamese dong'),
    ('VUV', 0, 'Vanuatu vatu'), ('WST', 2, 'Samoan tala'), ('XAD', 2, 'Arab accounting dinar'),
    ('XAF', 0, 'Central African CFA franc'), ('XCD', 2, 'East Caribbean dollar'), ('XCG', 2, 'Caribbean guilder'),
    ('XOF', 0, 'West African CFA franc'), ('XPF', 0, 'CFP franc'), ('YER', 2, 'Yemeni rial'),
    ('ZAR', 2, 'South African rand'), ('ZMW', 2, 'Zambian kwacha'), ('ZWG', 2, 'Zimbabwe gold')
) AS seed (code, scale, name)
ON CONFLICT DO NOTHING;

-- Common crypto assets at their chain's own precision (none finer than 18 decimals).
INSERT INTO bursar.ref_asset (tenant_id, code, scale, name, kind)
SELECT '00000000-0000-0000-0000-000000000000', code, scale, name, 'crypto' FROM (VALUES
    ('AAVE', 18, 'Aave'), ('ADA', 6, 'Cardano'), ('ALGO', 6, 'Algorand'), ('APT', 8, 'Aptos'),
    ('ARB', 18, 'Arbitrum'), ('ATOM', 6, 'Cosmos Hub'), ('AVAX', 18, 'Avalanche'), ('BCH', 8, 'Bitcoin Cash'),
    ('BNB', 18, 'BNB'), ('BSV', 8, 'Bitcoin SV'), ('BTC', 8, 'Bitcoin'), ('CELO', 18, 'Celo'),
    ('COMP', 18, 'Compound'), ('CRO', 8, 'Cronos'), ('CRV', 18, 'Curve DAO'), ('DAI', 18, 'Dai'), ('DASH', 8, 'Dash'),
    ('DCR', 8, 'Decred'), ('DOGE', 8, 'Dogecoin'), ('DOT', 10, 'Polkadot'), ('EGLD', 18, 'MultiversX'),
    ('ETC', 18, 'Ethereum Classic'), ('ETH', 18, 'Ether'), ('EURC', 6, 'Euro Coin'),
    ('FDUSD', 18, 'First Digital USD'), ('FIL', 18, 'Filecoin'), ('FLOW', 8, 'Flow'), ('GRT', 18, 'The Graph'),
    ('HBAR', 8, 'Hedera'), ('ICP', 8, 'Internet Computer'), ('IMX', 18, 'Immutable'), ('INJ', 18, 'Injective'),
    ('KAS', 8, 'Kaspa'), ('KSM', 12, 'Kusama'), ('LDO', 18, 'Lido DAO'), ('LINK', 18, 'Chainlink'),
    ('LTC', 8, 'Litecoin'), ('MATIC', 18, 'Polygon (before POL)'), ('MINA', 9, 'Mina'), ('MKR', 18, 'Maker'),
    ('NEO', 0, 'Neo'), ('OP', 18, 'Optimism'), ('OSMO', 6, 'Osmosis'), ('POL', 18, 'Polygon'),
    ('PYUSD', 6, 'PayPal USD'), ('QTUM', 8, 'Qtum'), ('RUNE', 8, 'THORChain'), ('RVN', 8, 'Ravencoin'),
    ('SEI', 6, 'Sei'), ('SHIB', 18, 'Shiba Inu'), ('SNX', 18, 'Synthetix'), ('SOL', 9, 'Solana'),
    ('STETH', 18, 'Lido staked ether'), ('STX', 6, 'Stacks'), ('SUI', 9, 'Sui'), ('TIA', 6, 'Celestia'),
    ('TON', 9, 'Toncoin'), ('TRX', 6, 'Tron'), ('TUSD', 18, 'TrueUSD'), ('UNI', 18, 'Uniswap'),
    ('USDC', 6, 'USD Coin'), ('USDE', 18, 'Ethena USDe'), ('USDT', 6, 'Tether USD'), ('VET', 18, 'VeChain'),
    ('WBTC', 8, 'Wrapped bitcoin'), ('WETH', 18, 'Wrapped ether'), ('XLM', 7, 'Stellar lumen'), ('XMR', 12, 'Monero'),
    ('XRP', 6, 'XRP'), ('XTZ', 6, 'Tezos'), ('ZEC', 8, 'Zcash'), ('ZIL', 12, 'Zilliqa')
) AS seed (code, scale, name)
ON CONFLICT DO NOTHING;

-- Tenants made before this migration get the new table's view too.
SELECT tenancy.refresh_views(tenant_id) FROM bursar.admin_tenant
WHERE state <> 'deleted' AND tenant_id <> '00000000-0000-0000-0000-000000000000';
