package bursar

import (
	"context"
	"errors"
	"io"
	"time"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

// caller is what every call goes through.
type caller struct {
	deadline time.Duration
	attempts int
}

// unary carries out one call with all its attempts.
func (c *caller) unary(
	ctx context.Context, name string, request, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker,
	options ...grpc.CallOption,
) error {
	if _, given := ctx.Deadline(); !given && c.deadline > 0 {
		limited, cancel := context.WithTimeout(ctx, c.deadline)
		defer cancel()
		ctx = limited
	}
	ctx = withTrace(ctx)
	rpc, known := methods()[name]
	if !known {
		// Nothing says whether it may be sent twice.
		if err := invoke(ctx, name, request, reply, conn, options...); err != nil {
			return errorFrom(err, true, "")
		}
		return nil
	}
	request, id := rpc.withIDs(request)
	doubt := false
	for failures := 1; ; failures++ {
		err := invoke(ctx, name, request, reply, conn, options...)
		if err == nil {
			return nil
		}
		failed := errorFrom(err, rpc.mutates, id)
		// The server's word is about the last attempt; an earlier one without an answer may have gone through.
		failed.Definite = failed.Definite && !(doubt && failed.undecided())
		pause, allowed := again(ctx, failed, failures, c.attempts)
		if !allowed {
			return failed
		}
		doubt = doubt || !failed.Definite
		if err := sleep(ctx, pause); err != nil {
			failed = errorFrom(err, rpc.mutates, id)
			failed.Definite = failed.Definite || !doubt
			return failed
		}
	}
}

// stream begins a call with a stream. It is not sent again: only its user knows what was answered.
func (c *caller) stream(
	ctx context.Context, desc *grpc.StreamDesc, conn *grpc.ClientConn, name string, begin grpc.Streamer,
	options ...grpc.CallOption,
) (grpc.ClientStream, error) {
	rpc, known := methods()[name]
	if !known {
		rpc = &method{mutates: true}
	}
	stream, err := begin(withTrace(ctx), desc, conn, name, options...)
	if err != nil {
		return nil, errorFrom(err, rpc.mutates, "")
	}
	return &clientStream{stream, rpc}, nil
}

// clientStream fills ids and types errors.
type clientStream struct {
	grpc.ClientStream
	rpc *method
}

// SendMsg implements grpc.ClientStream.
func (s *clientStream) SendMsg(message any) error {
	message, _ = s.rpc.withIDs(message)
	return s.typed(s.ClientStream.SendMsg(message))
}

// RecvMsg implements grpc.ClientStream.
func (s *clientStream) RecvMsg(message any) error { return s.typed(s.ClientStream.RecvMsg(message)) }

// Header implements grpc.ClientStream.
func (s *clientStream) Header() (metadata.MD, error) {
	header, err := s.ClientStream.Header()
	return header, s.typed(err)
}

func (s *clientStream) typed(err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return err
	}
	return errorFrom(err, s.rpc.mutates, "")
}

// withTrace puts the trace of the context into the metadata.
func withTrace(ctx context.Context) context.Context {
	if !trace.SpanContextFromContext(ctx).IsValid() {
		return ctx
	}
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	pairs := make([]string, 0, 2*len(carrier))
	for name, value := range carrier {
		pairs = append(pairs, name, value)
	}
	return metadata.AppendToOutgoingContext(ctx, pairs...)
}
