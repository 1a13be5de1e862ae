package bursar

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	ledgerv1 "github.com/bursar-dev/bursar/clients/go/generated/bursar/ledger/v1"
)

func newTransfer() *ledgerv1.CreateTransferRequest {
	return &ledgerv1.CreateTransferRequest{Transfer: &ledgerv1.NewTransfer{Code: "test"}}
}

func TestRetriesHaveTheSameID(t *testing.T) {
	server := &fakeServer{create: func(_ context.Context, call int, _ *ledgerv1.CreateTransferRequest) error {
		switch call {
		case 1:
			return statusWith(codes.Unavailable, "", info(ReasonContention, "true")).Err()
		case 2:
			return statusWith(codes.ResourceExhausted, "", info(ReasonRateLimited, "true"), retryIn(50*time.Millisecond)).Err()
		}
		return nil
	}}
	request := newTransfer()
	reply, err := server.serve(t).Ledger.Transfers.CreateTransfer(context.Background(), request)
	if err != nil {
		t.Fatal(err)
	}
	if len(server.ids) != 3 || server.ids[0] == "" || server.ids[0] != server.ids[2] || reply.GetTransfer().GetId() != server.ids[0] {
		t.Errorf("ids %v, reply %s", server.ids, reply)
	}
	if request.GetTransfer().GetId() != "" {
		t.Error("the caller's request was changed")
	}
	header := server.headers[0]
	if got := header.Get("authorization"); !slices.Equal(got, []string{"Bearer " + testKey}) {
		t.Errorf("authorization %v", got)
	}
	if got := header.Get("user-agent"); len(got) != 1 || !strings.HasPrefix(got[0], "bursar-go/"+Version) {
		t.Errorf("user-agent %v", got)
	}
}

func TestOtherErrorsAreNotRetried(t *testing.T) {
	for _, code := range []codes.Code{codes.Aborted, codes.Internal, codes.DeadlineExceeded, codes.ResourceExhausted, codes.Unknown} {
		server := &fakeServer{create: func(context.Context, int, *ledgerv1.CreateTransferRequest) error {
			return status.Error(code, "")
		}}
		_, err := server.serve(t).Ledger.Transfers.CreateTransfer(context.Background(), newTransfer())
		if server.calls != 1 || status.Code(err) != code {
			t.Errorf("%s: %d calls, %v", code, server.calls, err)
		}
	}
}

func TestRetriesEndAndCanBeOff(t *testing.T) {
	for attempts, want := range map[int]int{0: 1, 1: 1, 3: 3} {
		server := &fakeServer{create: func(context.Context, int, *ledgerv1.CreateTransferRequest) error {
			return status.Error(codes.Unavailable, "")
		}}
		client := server.serve(t, WithMaxAttempts(attempts))
		_, err := client.Ledger.Transfers.CreateTransfer(context.Background(), newTransfer())
		if server.calls != want || ReasonOf(err) != ReasonUnreachable {
			t.Errorf("%d attempts: %d calls, %v", attempts, server.calls, err)
		}
	}
}

// The first attempt may have gone through, so the refusal of the second is not the last word on it.
func TestDefiniteIsAboutAllAttempts(t *testing.T) {
	for _, one := range []struct {
		first, last error
		definite    bool
	}{
		{status.Error(codes.Unavailable, "cut"), statusWith(codes.PermissionDenied, "", info(ReasonTenantSuspended, "true")).Err(), false},
		{status.Error(codes.Unavailable, "cut"), statusWith(codes.FailedPrecondition, "", info(ReasonLimitExceeded, "true")).Err(), true},
		{statusWith(codes.Unavailable, "", info(ReasonShuttingDown, "true")).Err(),
			statusWith(codes.PermissionDenied, "", info(ReasonTenantSuspended, "true")).Err(), true},
	} {
		server := &fakeServer{create: func(_ context.Context, call int, _ *ledgerv1.CreateTransferRequest) error {
			return []error{one.first, one.last}[call-1]
		}}
		_, err := server.serve(t).Ledger.Transfers.CreateTransfer(context.Background(), newTransfer())
		var failed *Error
		if !errors.As(err, &failed) || failed.Definite != one.definite || failed.RequestID != server.ids[0] {
			t.Errorf("after %v: %+v", one.first, failed)
		}
	}
}

func TestDeadlineCoversAllAttempts(t *testing.T) {
	server := &fakeServer{create: func(ctx context.Context, _ int, _ *ledgerv1.CreateTransferRequest) error {
		<-ctx.Done()
		return ctx.Err()
	}}
	client := server.serve(t, WithDefaultDeadline(100*time.Millisecond))
	within(t, 5*time.Second, func() {
		_, err := client.Ledger.Transfers.CreateTransfer(context.Background(), newTransfer())
		if !errors.Is(err, context.DeadlineExceeded) || ReasonOf(err) != ReasonDeadlineExceeded {
			t.Errorf("default: %v", err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		defer cancel()
		_, err = client.Ledger.Transfers.CreateTransfer(ctx, newTransfer())
		if ReasonOf(err) != ReasonDeadlineExceeded {
			t.Errorf("own: %v", err)
		}
		ctx, cancel = context.WithCancel(context.Background())
		time.AfterFunc(20*time.Millisecond, cancel)
		_, err = client.Ledger.Transfers.CreateTransfer(ctx, newTransfer())
		if ReasonOf(err) != ReasonCancelled || !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
	})
}

func TestTraceGoesAlong(t *testing.T) {
	server := &fakeServer{create: func(context.Context, int, *ledgerv1.CreateTransferRequest) error { return nil }}
	client := server.serve(t)
	ctx := trace.ContextWithSpanContext(context.Background(), trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: trace.FlagsSampled,
	}))
	for _, ctx := range []context.Context{ctx, context.Background()} {
		if _, err := client.Ledger.Transfers.CreateTransfer(ctx, newTransfer()); err != nil {
			t.Fatal(err)
		}
	}
	want := "00-01000000000000000000000000000000-0200000000000000-01"
	if got := server.headers[0].Get("traceparent"); !slices.Equal(got, []string{want}) {
		t.Errorf("got %v", got)
	}
	if got := server.headers[1].Get("traceparent"); len(got) != 0 {
		t.Errorf("without a trace: got %v", got)
	}
}

func TestPagesAreReadAsTheyAreNeeded(t *testing.T) {
	server := &fakeServer{list: func(token string) (*ledgerv1.ListTransfersResponse, error) {
		if token == "3" {
			return nil, statusWith(codes.InvalidArgument, "", info(ReasonInvalidField, "true")).Err()
		}
		return &ledgerv1.ListTransfersResponse{
			Transfers:     []*ledgerv1.Transfer{{Id: token + "a"}, {Id: token + "b"}},
			NextPageToken: map[string]string{"": "1", "1": "2", "2": "3"}[token],
		}, nil
	}}
	client := server.serve(t)
	request := &ledgerv1.ListTransfersRequest{}
	all := All(context.Background(), client.Ledger.Transfers.ListTransfers, request,
		(*ledgerv1.ListTransfersResponse).GetTransfers)
	var seen []string
	for transfer, err := range all {
		if err != nil {
			t.Fatal(err)
		}
		if seen = append(seen, transfer.GetId()); len(seen) == 3 {
			break
		}
	}
	if server.calls != 2 || !slices.Equal(seen, []string{"a", "b", "1a"}) || request.GetPageToken() != "" {
		t.Errorf("%d pages, %v", server.calls, seen)
	}
	count := 0
	for _, err := range all {
		if count++; err != nil && (ReasonOf(err) != ReasonInvalidField || count != 7) {
			t.Errorf("item %d: %v", count, err)
		}
	}
	if count != 7 {
		t.Errorf("%d items", count)
	}
}
