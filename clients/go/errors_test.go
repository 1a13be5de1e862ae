package bursar

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	rpcstatus "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	errorsv1 "github.com/bursar-dev/bursar/clients/go/generated/bursar/errors/v1"
)

func statusWith(code codes.Code, message string, details ...protoadapt.MessageV1) *status.Status {
	made, err := status.New(code, message).WithDetails(details...)
	if err != nil {
		panic(err)
	}
	return made
}

func info(reason Reason, definite string) *errdetails.ErrorInfo {
	return &errdetails.ErrorInfo{
		Reason: string(reason), Domain: "bursar.dev", Metadata: map[string]string{"definite": definite},
	}
}

func retryIn(delay time.Duration) *errdetails.RetryInfo {
	return &errdetails.RetryInfo{RetryDelay: durationpb.New(delay)}
}

func TestErrorsHaveWhatTheServerSent(t *testing.T) {
	sent := statusWith(codes.InvalidArgument, "the request has invalid fields", info(ReasonInvalidField, "true"),
		&errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{
			{Field: "transfer.amount", Description: "is not a decimal"},
		}},
		&errdetails.ResourceInfo{ResourceType: "account", ResourceName: "a"})
	var failed *Error
	if err := fmt.Errorf("paying: %w", errorFrom(sent.Err(), true, "id")); !errors.As(err, &failed) {
		t.Fatalf("errors.As does not find it in %v", err)
	}
	if failed.Code != codes.InvalidArgument || failed.Reason != ReasonInvalidField || !failed.Definite || failed.Retryable ||
		failed.RequestID != "id" || failed.FieldViolations[0] != (FieldViolation{"transfer.amount", "is not a decimal"}) ||
		*failed.Resource != (Resource{"account", "a"}) {
		t.Errorf("got %+v", failed)
	}
	if status.Code(failed) != codes.InvalidArgument || ReasonOf(failed) != ReasonInvalidField {
		t.Errorf("status.Code or ReasonOf does not see it: %v", failed)
	}
	want := "bursar: InvalidArgument (INVALID_FIELD): the request has invalid fields; transfer.amount: is not a decimal"
	if failed.Error() != want {
		t.Errorf("got %s", failed)
	}
}

func TestErrorsOfTheClientsSide(t *testing.T) {
	for _, one := range []struct {
		err       error
		mutates   bool
		reason    Reason
		definite  bool
		retryable bool
	}{
		{status.Error(codes.Unavailable, "refused"), true, ReasonUnreachable, false, true},
		{status.Error(codes.Unavailable, "refused"), false, ReasonUnreachable, true, true},
		{context.DeadlineExceeded, true, ReasonDeadlineExceeded, false, false},
		{context.Canceled, true, ReasonCancelled, false, false},
		{status.Error(codes.Internal, "odd"), true, "", false, false},
		{statusWith(codes.Aborted, "", info("OF_A_NEWER_SERVER", "true")).Err(), true, "OF_A_NEWER_SERVER", true, false},
		{statusWith(codes.Unavailable, "", info(ReasonDatabaseUnavailable, "false")).Err(), true, ReasonDatabaseUnavailable, false, true},
		{statusWith(codes.ResourceExhausted, "", info(ReasonQuotaReached, "true")).Err(), true, ReasonQuotaReached, true, false},
		{statusWith(codes.ResourceExhausted, "", info(ReasonRateLimited, "true"), retryIn(0)).Err(), true, ReasonRateLimited, true, true},
	} {
		got := errorFrom(one.err, one.mutates, "")
		if got.Reason != one.reason || got.Definite != one.definite || got.Retryable != one.retryable {
			t.Errorf("%v, mutates %t: got %+v", one.err, one.mutates, got)
		}
	}
	if !errors.Is(errorFrom(context.DeadlineExceeded, true, ""), context.DeadlineExceeded) {
		t.Error("errors.Is does not find context.DeadlineExceeded")
	}
	if !errors.Is(errorFrom(context.Canceled, true, ""), context.Canceled) {
		t.Error("errors.Is does not find context.Canceled")
	}
}

func TestErrorsOfItems(t *testing.T) {
	if ErrorOf(nil) != nil || ErrorOf(&rpcstatus.Status{}) != nil {
		t.Error("no error should be nil")
	}
	item := statusWith(codes.FailedPrecondition, "too much", info(ReasonLimitExceeded, "true")).Proto()
	if got := ErrorOf(item); got.Reason != ReasonLimitExceeded || !got.Definite {
		t.Errorf("got %+v", got)
	}
}

// The constants are the enum's, no more and no less.
func TestEveryReasonHasItsConstant(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "reasons.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	constants := map[string]bool{}
	ast.Inspect(file, func(node ast.Node) bool {
		if text, ok := node.(*ast.BasicLit); ok && text.Kind == token.STRING {
			constants[strings.Trim(text.Value, `"`)] = true
		}
		return true
	})
	for _, own := range []Reason{ReasonUnreachable, ReasonInvalidDecimal, ReasonInvalidConfig} {
		delete(constants, string(own))
	}
	for name, number := range errorsv1.ErrorReason_value {
		if reason := strings.TrimPrefix(name, "ERROR_REASON_"); number != 0 && !constants[reason] {
			t.Errorf("reasons.go has no constant for %s", reason)
		} else {
			delete(constants, reason)
		}
	}
	for reason := range constants {
		t.Errorf("reasons.go has %s, which the server never sends", reason)
	}
}
