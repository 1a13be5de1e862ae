package bursar

import (
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/keepalive"

	adminv1 "github.com/bursar-dev/bursar/clients/go/generated/bursar/admin/v1"
	auditv1 "github.com/bursar-dev/bursar/clients/go/generated/bursar/audit/v1"
	escrowv1 "github.com/bursar-dev/bursar/clients/go/generated/bursar/escrow/v1"
	ledgerv1 "github.com/bursar-dev/bursar/clients/go/generated/bursar/ledger/v1"
	operationv1 "github.com/bursar-dev/bursar/clients/go/generated/bursar/operation/v1"
	tracev1 "github.com/bursar-dev/bursar/clients/go/generated/bursar/trace/v1"
	tradingv1 "github.com/bursar-dev/bursar/clients/go/generated/bursar/trading/v1"
)

// Version is the version of this package. The server's log has it in the user agent.
const Version = "0.1.0"

// Keepalive of the connection, also while no call is under way: a peer that is gone is noticed within 40 seconds.
const (
	pingEvery   = 30 * time.Second
	pingTimeout = 10 * time.Second
)

// Reconnecting: at once, then with these pauses, so that a retry finds a server that is back within about a second.
const (
	reconnectFirst = 100 * time.Millisecond
	reconnectMost  = time.Second
	connectTimeout = 5 * time.Second
)

// Client speaks with one server over one connection, which it makes at the first call and again whenever it is lost.
// It may be used by any number of goroutines.
type Client struct {
	// Admin is about keys, tenants and the server.
	Admin Admin
	// Audit is the audit trail.
	Audit auditv1.AuditServiceClient
	// Escrow is about positions held for institutions.
	Escrow Escrow
	// Ledger is about accounts and what moves between them.
	Ledger Ledger
	// Operations tells what became of a call whose reply was lost.
	Operations operationv1.OperationServiceClient
	// Trace leads from a position or an execution to its transfers, and back.
	Trace tracev1.TraceServiceClient
	// Trading is about strategies and what they decided and executed.
	Trading Trading

	url      string
	conn     *grpc.ClientConn
	attempts int
}

// Admin has the services of bursar.admin.v1.
type Admin struct {
	// APIKeys makes, rotates and revokes keys.
	APIKeys adminv1.ApiKeyServiceClient
	// Server tells about the server and the caller.
	Server adminv1.ServerServiceClient
	// Tenants is for platform keys.
	Tenants adminv1.TenantServiceClient
}

// Escrow has the services of bursar.escrow.v1.
type Escrow struct {
	// Assets are what positions hold.
	Assets escrowv1.AssetServiceClient
	// AssetTemplates narrow the life of positions.
	AssetTemplates escrowv1.AssetTemplateServiceClient
	// Institutions are for whom positions are held.
	Institutions escrowv1.InstitutionServiceClient
	// Policies are an institution's rules for a region.
	Policies escrowv1.PolicyServiceClient
	// Positions move money with their state.
	Positions escrowv1.PositionServiceClient
}

// Ledger has the services of bursar.ledger.v1.
type Ledger struct {
	// Accounts opens accounts and reads balances and statements.
	Accounts ledgerv1.AccountServiceClient
	// Assets are what accounts count in.
	Assets ledgerv1.AssetServiceClient
	// Periods closes days for good.
	Periods ledgerv1.PeriodServiceClient
	// Transfers moves money. See also [Client.StreamTransfers].
	Transfers ledgerv1.TransferServiceClient
}

// Trading has the services of bursar.trading.v1.
type Trading struct {
	// Cursors are how far a reader of a feed has come.
	Cursors tradingv1.CursorServiceClient
	// Decisions are what a strategy decided.
	Decisions tradingv1.DecisionServiceClient
	// Executions are fills.
	Executions tradingv1.ExecutionServiceClient
	// Reviews look back at decisions.
	Reviews tradingv1.ReviewServiceClient
	// Strategies decide.
	Strategies tradingv1.StrategyServiceClient
}

// New makes a client from the environment and the options, which come before the environment. It does not connect yet:
// the first call does. The error is an [*Error] with [ReasonInvalidConfig] that names the variable or option.
func New(options ...Option) (*Client, error) {
	settings := fromEnvironment()
	for _, option := range options {
		option(&settings)
	}
	target, transport, err := settings.endpoint()
	if err != nil {
		return nil, err
	}
	caller := &caller{deadline: settings.deadline, attempts: settings.attempts}
	dial := []grpc.DialOption{
		grpc.WithTransportCredentials(transport),
		grpc.WithUserAgent("bursar-go/" + Version),
		grpc.WithChainUnaryInterceptor(caller.unary),
		grpc.WithChainStreamInterceptor(caller.stream),
		// Retries are this package's: it knows which errors are safe. A service config from DNS could add others.
		grpc.WithDisableRetry(),
		grpc.WithDisableServiceConfig(),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{
			Time: pingEvery, Timeout: pingTimeout, PermitWithoutStream: true,
		}),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: reconnectFirst, Multiplier: 2, Jitter: 0.2, MaxDelay: reconnectMost},
			MinConnectTimeout: connectTimeout,
		}),
	}
	if settings.key.value != "" {
		key, err := newBearer(settings.key)
		if err != nil {
			return nil, err
		}
		dial = append(dial, grpc.WithPerRPCCredentials(key))
	} else if !settings.noKey {
		return nil, invalidConfig("no API key: set BURSAR_API_KEY or use WithAPIKey (WithoutAPIKey for none)")
	}
	conn, err := grpc.NewClient(target, append(dial, settings.dial...)...)
	if err != nil {
		return nil, invalidConfig("%s cannot be used as an address: %v", settings.url.name, err)
	}
	client := &Client{url: settings.url.value, conn: conn, attempts: settings.attempts}
	client.connect(conn)
	return client, nil
}

func (c *Client) connect(conn grpc.ClientConnInterface) {
	c.Admin = Admin{
		APIKeys: adminv1.NewApiKeyServiceClient(conn),
		Server:  adminv1.NewServerServiceClient(conn),
		Tenants: adminv1.NewTenantServiceClient(conn),
	}
	c.Audit = auditv1.NewAuditServiceClient(conn)
	c.Escrow = Escrow{
		Assets:         escrowv1.NewAssetServiceClient(conn),
		AssetTemplates: escrowv1.NewAssetTemplateServiceClient(conn),
		Institutions:   escrowv1.NewInstitutionServiceClient(conn),
		Policies:       escrowv1.NewPolicyServiceClient(conn),
		Positions:      escrowv1.NewPositionServiceClient(conn),
	}
	c.Ledger = Ledger{
		Accounts:  ledgerv1.NewAccountServiceClient(conn),
		Assets:    ledgerv1.NewAssetServiceClient(conn),
		Periods:   ledgerv1.NewPeriodServiceClient(conn),
		Transfers: ledgerv1.NewTransferServiceClient(conn),
	}
	c.Operations = operationv1.NewOperationServiceClient(conn)
	c.Trace = tracev1.NewTraceServiceClient(conn)
	c.Trading = Trading{
		Cursors:    tradingv1.NewCursorServiceClient(conn),
		Decisions:  tradingv1.NewDecisionServiceClient(conn),
		Executions: tradingv1.NewExecutionServiceClient(conn),
		Reviews:    tradingv1.NewReviewServiceClient(conn),
		Strategies: tradingv1.NewStrategyServiceClient(conn),
	}
}

// Conn is the connection, for stubs that this package does not have, such as those of the health service. Calls through
// it have the client's key, deadline and errors too.
func (c *Client) Conn() *grpc.ClientConn { return c.conn }

// Close ends the connection and the calls under way.
func (c *Client) Close() error { return c.conn.Close() }

// String tells which server the client is for.
func (c *Client) String() string { return "bursar.Client(" + c.url + ")" }
