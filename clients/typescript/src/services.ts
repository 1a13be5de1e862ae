import * as admin from "./gen/bursar/admin.js";
import * as audit from "./gen/bursar/audit.js";
import * as escrow from "./gen/bursar/escrow.js";
import * as ledger from "./gen/bursar/ledger.js";
import * as operation from "./gen/bursar/operation.js";
import * as trace from "./gen/bursar/trace.js";
import * as trading from "./gen/bursar/trading.js";

/** Where the client has which service. A test holds it to the protos. */
export const services = {
  /** Keys, tenants and facts about the server. */
  admin: {
    /** API keys of the caller's tenant. */
    apiKeys: admin.ApiKeyService,
    /** Facts about the server and the caller. */
    server: admin.ServerService,
    /** Tenants, for platform keys. */
    tenants: admin.TenantService,
  },
  /** The trail of everything that changed something. */
  audit: audit.AuditService,
  /** Assets in escrow, positions of institutions, policies. */
  escrow: {
    /** The single things that positions are held for, such as one house. */
    assets: escrow.AssetService,
    /** The kinds of asset that an institution holds. */
    assetTemplates: escrow.AssetTemplateService,
    /** Who holds assets for others. */
    institutions: escrow.InstitutionService,
    /** What an institution asks of its positions in a region. */
    policies: escrow.PolicyService,
    /** Positions and their life. */
    positions: escrow.PositionService,
  },
  /** Accounts, assets, closed periods and transfers. */
  ledger: {
    /** Accounts, balances and statements. */
    accounts: ledger.AccountService,
    /** Assets that accounts are in. */
    assets: ledger.AssetService,
    /** Closed periods. */
    periods: ledger.PeriodService,
    /** Transfers: the only way money moves. */
    transfers: ledger.TransferService,
  },
  /** What became of a call whose reply was lost. */
  operations: operation.OperationService,
  /** What belongs together across domains. */
  traces: trace.TraceService,
  /** Strategies, decisions, executions, reviews and cursors. */
  trading: {
    /** Named marks of how far something has come. */
    cursors: trading.CursorService,
    /** Decisions of strategies. */
    decisions: trading.DecisionService,
    /** Fills, as venues report them. */
    executions: trading.ExecutionService,
    /** Reviews of decisions by language models. */
    reviews: trading.ReviewService,
    /** Strategies. */
    strategies: trading.StrategyService,
  },
} as const;
