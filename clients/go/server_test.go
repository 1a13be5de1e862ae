package bursar

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	ledgerv1 "github.com/bursar-dev/bursar/clients/go/generated/bursar/ledger/v1"
)

// fakeServer answers as a test wants it to, and keeps what it was asked.
type fakeServer struct {
	ledgerv1.UnimplementedTransferServiceServer

	create func(ctx context.Context, call int, request *ledgerv1.CreateTransferRequest) error
	list   func(token string) (*ledgerv1.ListTransfersResponse, error)
	stream func(stream ledgerv1.TransferService_StreamTransfersServer, call int) error

	mutex   sync.Mutex
	calls   int
	ids     []string
	headers []metadata.MD
}

// serve starts the fake server and makes a client for it.
func (s *fakeServer) serve(t *testing.T, options ...Option) *Client {
	t.Helper()
	clearEnvironment(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	ledgerv1.RegisterTransferServiceServer(server, s)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	all := append([]Option{WithURL("http://" + listener.Addr().String()), WithAPIKey(testKey)}, options...)
	client, err := New(all...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func (s *fakeServer) asked(ctx context.Context, id string) (call int) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	header, _ := metadata.FromIncomingContext(ctx)
	s.headers = append(s.headers, header)
	s.ids = append(s.ids, id)
	s.calls++
	return s.calls
}

func (s *fakeServer) CreateTransfer(
	ctx context.Context, request *ledgerv1.CreateTransferRequest,
) (*ledgerv1.CreateTransferResponse, error) {
	id := request.GetTransfer().GetId()
	if err := s.create(ctx, s.asked(ctx, id), request); err != nil {
		return nil, err
	}
	return &ledgerv1.CreateTransferResponse{Transfer: &ledgerv1.Transfer{Id: id}}, nil
}

func (s *fakeServer) ListTransfers(
	ctx context.Context, request *ledgerv1.ListTransfersRequest,
) (*ledgerv1.ListTransfersResponse, error) {
	s.asked(ctx, "")
	return s.list(request.GetPageToken())
}

func (s *fakeServer) StreamTransfers(stream ledgerv1.TransferService_StreamTransfersServer) error {
	return s.stream(stream, s.asked(stream.Context(), ""))
}

// within fails a test that hangs.
func within(t *testing.T, limit time.Duration, do func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); do() }()
	select {
	case <-done:
	case <-time.After(limit):
		t.Fatalf("not done within %s", limit)
	}
}
