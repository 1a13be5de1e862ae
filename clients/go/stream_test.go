package bursar

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	ledgerv1 "github.com/bursar-dev/bursar/clients/go/generated/bursar/ledger/v1"
)

type transferStream = ledgerv1.TransferService_StreamTransfersServer

func answer(stream transferStream, transfers []*ledgerv1.NewTransfer) error {
	reply := &ledgerv1.StreamTransfersResponse{}
	for _, transfer := range transfers {
		reply.Results = append(reply.Results, &ledgerv1.TransferResult{Id: transfer.GetId()})
	}
	return stream.Send(reply)
}

// echo answers each message until the client has no more.
func echo(stream transferStream) error {
	for {
		message, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := answer(stream, message.GetTransfers()); err != nil {
			return err
		}
	}
}

// some is a source of that many transfers, with ids when named.
func some(count int) iter.Seq[*ledgerv1.NewTransfer] {
	return func(yield func(*ledgerv1.NewTransfer) bool) {
		for i := range count {
			if !yield(&ledgerv1.NewTransfer{Id: fmt.Sprint(i)}) {
				return
			}
		}
	}
}

func TestStreamGoesOnAfterCuts(t *testing.T) {
	server := &fakeServer{}
	server.stream = func(stream transferStream, call int) error {
		if call > 5 {
			return echo(stream)
		}
		message, err := stream.Recv()
		if err != nil {
			return err
		}
		// Half of the message is answered, then the connection ends, in one way or another.
		half := message.GetTransfers()[:(len(message.GetTransfers())+1)/2]
		if err := answer(stream, half); err != nil {
			return err
		}
		switch call % 3 {
		case 0:
			return nil
		case 1:
			return statusWith(codes.Unavailable, "", info(ReasonShuttingDown, "true"), retryIn(time.Millisecond)).Err()
		}
		return status.Error(codes.Unavailable, "cut")
	}
	client := server.serve(t)
	const count = 5_000
	within(t, 30*time.Second, func() {
		next := 0
		for result, err := range client.StreamTransfers(context.Background(), some(count)) {
			if err != nil || result.GetId() != fmt.Sprint(next) {
				t.Errorf("result %d: %v, %v", next, result, err)
				return
			}
			next++
		}
		if next != count || server.calls != 6 {
			t.Errorf("%d results in %d streams", next, server.calls)
		}
	})
}

func TestStreamFillsIDsOnce(t *testing.T) {
	var seen []string
	server := &fakeServer{}
	server.stream = func(stream transferStream, call int) error {
		message, err := stream.Recv()
		if err != nil {
			return err
		}
		seen = append(seen, message.GetTransfers()[0].GetId())
		if call == 1 {
			return status.Error(codes.Unavailable, "cut")
		}
		if err := answer(stream, message.GetTransfers()); err != nil {
			return err
		}
		return echo(stream)
	}
	client, mine := server.serve(t), &ledgerv1.NewTransfer{}
	for _, err := range client.StreamTransfers(context.Background(), slices.Values([]*ledgerv1.NewTransfer{mine})) {
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(seen) != 2 || len(seen[0]) != 36 || seen[0] != seen[1] || mine.GetId() != "" {
		t.Errorf("got %v, and the source's has %q", seen, mine.GetId())
	}
}

func TestStreamHoldsUpItsSource(t *testing.T) {
	release := make(chan struct{})
	server := &fakeServer{stream: func(stream transferStream, _ int) error {
		<-release
		return echo(stream)
	}}
	var read atomic.Int64
	source := func(yield func(*ledgerv1.NewTransfer) bool) {
		for transfer := range some(1_000) {
			read.Add(1)
			if !yield(transfer) {
				return
			}
		}
	}
	client := server.serve(t)
	within(t, 30*time.Second, func() {
		count := int64(0)
		time.AfterFunc(300*time.Millisecond, func() {
			if got := read.Load(); got != 100 {
				t.Errorf("read %d transfers ahead, want 100", got)
			}
			close(release)
		})
		for _, err := range client.StreamTransfers(context.Background(), source, WithWindow(100)) {
			if count++; err != nil {
				t.Error(err)
			}
			if ahead := read.Load() - count; ahead > 101 {
				t.Errorf("%d ahead of the results", ahead)
			}
		}
		if count != 1_000 {
			t.Errorf("%d results", count)
		}
	})
}

func TestStreamKeepsGroupsTogether(t *testing.T) {
	server := &fakeServer{}
	server.stream = func(stream transferStream, _ int) error {
		seen := map[string]bool{}
		for {
			message, err := stream.Recv()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			here := map[string]bool{}
			for _, transfer := range message.GetTransfers() {
				if group := transfer.GetGroupId(); group != "" && seen[group] {
					return status.Errorf(codes.Internal, "group %s is in two messages", group)
				} else if group != "" {
					here[group] = true
				}
			}
			for group := range here {
				seen[group] = true
			}
			if err := answer(stream, message.GetTransfers()); err != nil {
				return err
			}
		}
	}
	// Groups wider than a message and than the window, single transfers between, and a source that is slow within a group.
	source := func(yield func(*ledgerv1.NewTransfer) bool) {
		for group, size := range []int{3, 700, 0, 40, 499, 2} {
			for i := range size {
				if i == 1 {
					time.Sleep(5 * time.Millisecond)
				}
				if !yield(&ledgerv1.NewTransfer{GroupId: fmt.Sprint("g", group)}) {
					return
				}
			}
			if !yield(&ledgerv1.NewTransfer{}) {
				return
			}
		}
		yield(&ledgerv1.NewTransfer{GroupId: "last"})
	}
	client := server.serve(t)
	within(t, 30*time.Second, func() {
		count := 0
		for _, err := range client.StreamTransfers(context.Background(), source, WithWindow(50)) {
			if count++; err != nil {
				t.Error(err)
			}
		}
		if want := 3 + 700 + 40 + 499 + 2 + 6 + 1; count != want {
			t.Errorf("%d results, want %d", count, want)
		}
	})
}

func TestStreamGivesUp(t *testing.T) {
	for _, one := range []struct {
		name   string
		err    error
		option Option
		calls  int
	}{
		{"no progress", statusWith(codes.Unavailable, "", info(ReasonDatabaseUnavailable, "true"), retryIn(time.Millisecond)).Err(),
			WithMaxAttempts(8), 8},
		{"retries off", status.Error(codes.Unavailable, ""), WithMaxAttempts(0), 1},
		{"revoked", statusWith(codes.Unauthenticated, "", info(ReasonKeyRevoked, "true")).Err(), WithMaxAttempts(8), 1},
	} {
		server := &fakeServer{stream: func(transferStream, int) error { return one.err }}
		client := server.serve(t, one.option)
		within(t, 20*time.Second, func() {
			var last error
			for result, err := range client.StreamTransfers(context.Background(), some(3)) {
				if last = err; result != nil {
					t.Errorf("%s: result %v", one.name, result)
				}
			}
			if server.calls != one.calls || status.Code(last) != status.Code(one.err) {
				t.Errorf("%s: %d streams, %v", one.name, server.calls, last)
			}
		})
	}
}

// What an earlier stream may have posted makes the last error less than definite, until it is answered.
func TestStreamRemembersItsDoubt(t *testing.T) {
	revoked := statusWith(codes.Unauthenticated, "", info(ReasonKeyRevoked, "true")).Err()
	for _, first := range []struct {
		err      error
		definite bool
	}{
		{status.Error(codes.Unavailable, "cut"), false},
		{statusWith(codes.Unavailable, "", info(ReasonShuttingDown, "true")).Err(), true},
	} {
		server := &fakeServer{stream: func(stream transferStream, call int) error {
			if call == 2 {
				return revoked
			}
			if _, err := stream.Recv(); err != nil {
				return err
			}
			return first.err
		}}
		var failed *Error
		for _, err := range server.serve(t).StreamTransfers(context.Background(), some(1)) {
			errors.As(err, &failed)
		}
		if failed == nil || failed.Reason != ReasonKeyRevoked || failed.Definite != first.definite {
			t.Errorf("after %v: %+v", first.err, failed)
		}
	}
}

func TestStreamEndsWithItsLoopAndItsContext(t *testing.T) {
	server := &fakeServer{stream: func(stream transferStream, _ int) error { return echo(stream) }}
	client := server.serve(t)
	ended := make(chan struct{})
	endless := func(yield func(*ledgerv1.NewTransfer) bool) {
		defer close(ended)
		for yield(&ledgerv1.NewTransfer{}) {
		}
	}
	within(t, 10*time.Second, func() {
		for range client.StreamTransfers(context.Background(), endless) {
			break
		}
		<-ended
		ended = make(chan struct{})
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		var last error
		for _, err := range client.StreamTransfers(ctx, endless) {
			cancel()
			last = err
		}
		<-ended
		if ReasonOf(last) != ReasonCancelled {
			t.Errorf("got %v", last)
		}
	})
}
