package bursar

import (
	"context"
	"net"
	"os"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	ledgerv1 "github.com/bursar-dev/bursar/clients/go/generated/bursar/ledger/v1"
)

// The service configuration that is published for stubs without this client: gRPC itself takes it, and retries by it.
func TestThePublishedServiceConfigRetries(t *testing.T) {
	config, err := os.ReadFile("../../proto/service_config.json")
	if os.IsNotExist(err) {
		t.Skip("the module stands alone")
	}
	if err != nil {
		t.Fatal(err)
	}
	fake := &fakeServer{create: func(_ context.Context, call int, _ *ledgerv1.CreateTransferRequest) error {
		if call < 3 {
			return status.Error(codes.Unavailable, "not yet")
		}
		return nil
	}}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	ledgerv1.RegisterTransferServiceServer(server, fake)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	connection, err := grpc.NewClient(
		listener.Addr().String(),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultServiceConfig(string(config)),
	)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })
	request := &ledgerv1.CreateTransferRequest{Transfer: &ledgerv1.NewTransfer{Id: "one"}}
	if _, err := ledgerv1.NewTransferServiceClient(connection).CreateTransfer(t.Context(), request); err != nil {
		t.Fatal(err)
	}
	if len(fake.ids) != 3 || fake.ids[0] != fake.ids[2] {
		t.Fatalf("asked with %v, not three times with one id", fake.ids)
	}
}
