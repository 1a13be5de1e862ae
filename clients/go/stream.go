package bursar

import (
	"context"
	"errors"
	"io"
	"iter"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	ledgerv1 "github.com/bursar-dev/bursar/clients/go/generated/bursar/ledger/v1"
)

// defaultWindow is how many transfers may be without a result.
const defaultWindow = 10_000

// StreamOption changes how [Client.StreamTransfers] works.
type StreamOption func(*streamSettings)

type streamSettings struct{ window int }

// WithWindow is how many transfers may be read from the source and have no result yet. 10,000 otherwise. A linked group may
// pass it.
func WithWindow(transfers int) StreamOption {
	return func(s *streamSettings) { s.window = transfers }
}

// errStopped means that the caller's loop ended early.
var errStopped = errors.New("the loop over the results ended")

// StreamTransfers posts the transfers of a source, which may never end, and iterates over their results in the same order.
// A refused transfer is a result with an error ([ErrorOf]) and ends nothing. The last pair has the error of the stream, if
// there is one; its Definite is about the transfers without a result.
//
// Transfers go out as they come, many in a message when there are many. A source is read ahead of the results only as far as
// the window ([WithWindow]), so a slow server or loop holds it up. The members of a group go out together, once the transfer
// after them, or the end of the source, shows that the group is whole.
//
// After a cut the stream goes on with a new one, from the first transfer without a result. Ids are filled in before anything
// is sent and stay, so nothing is posted twice. It gives up after 12 failures in a row without a result ([WithMaxAttempts]).
//
// The source runs in a goroutine of its own. When the loop ends early, or the context, it is not read further; a source that
// waits for something should end with the context too.
func (c *Client) StreamTransfers(
	ctx context.Context, source iter.Seq[*ledgerv1.NewTransfer], options ...StreamOption,
) iter.Seq2[*ledgerv1.TransferResult, error] {
	settings := streamSettings{window: defaultWindow}
	for _, option := range options {
		option(&settings)
	}
	return func(yield func(*ledgerv1.TransferResult, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		w := newWindow(settings.window)
		defer w.do(func() { w.closed = true })
		go w.feed(source)
		for failures := 1; ; failures++ {
			results, err := c.streamOnce(ctx, w, yield)
			if err == nil || errors.Is(err, errStopped) {
				return
			}
			if results > 0 {
				failures = 1
			}
			failed := errorFrom(err, true, "")
			w.rewind(failed)
			pause, allowed := again(ctx, failed, failures, c.attempts)
			if !allowed {
				yield(nil, failed)
				return
			}
			if err := sleep(ctx, pause); err != nil {
				failed = errorFrom(err, true, "")
				yield(nil, failed)
				return
			}
		}
	}
}

// streamOnce sends what has no result on one stream until all have, or the stream ends.
func (c *Client) streamOnce(
	ctx context.Context, w *window, yield func(*ledgerv1.TransferResult, error) bool,
) (results int, err error) {
	ctx, cancel := context.WithCancel(ctx)
	stream, err := c.Ledger.Transfers.StreamTransfers(ctx)
	if err != nil {
		cancel()
		return 0, err
	}
	wake := context.AfterFunc(ctx, func() { w.do(func() {}) })
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		send(ctx, w, stream)
	}()
	// The next stream begins when this one's sender has ended.
	defer func() { cancel(); wake(); w.do(func() {}); <-sent }()
	for {
		reply, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			if w.finished() {
				return results, nil
			}
			err = status.Error(codes.Unavailable, "the server ended the stream before all results had come")
		}
		if err != nil {
			return results, err
		}
		for _, result := range reply.GetResults() {
			if !w.answered() {
				return results, status.Error(codes.Internal, "the server sent a result that belongs to no transfer")
			}
			results++
			if !yield(result, nil) {
				return results, errStopped
			}
		}
	}
}

// send sends what the window gives out. An error ends it: receiving tells which.
func send(
	ctx context.Context, w *window, stream grpc.BidiStreamingClient[ledgerv1.StreamTransfersRequest, ledgerv1.StreamTransfersResponse],
) {
	for {
		transfers := w.next(ctx)
		if len(transfers) == 0 {
			_ = stream.CloseSend()
			return
		}
		if stream.Send(&ledgerv1.StreamTransfersRequest{Transfers: transfers}) != nil {
			return
		}
	}
}
