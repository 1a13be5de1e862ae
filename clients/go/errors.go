package bursar

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	rpcstatus "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Error is what every failed call returns; errors.As finds it.
type Error struct {
	// Code is gRPC's.
	Code codes.Code
	// Reason says why, in words for programs. Empty when neither the server nor the client knows more than the code.
	Reason Reason
	// Message says why, in words for people.
	Message string
	// Definite means that the change certainly did not happen. When it is false, Operations.GetOperation tells, or the
	// same call with the same id.
	Definite bool
	// Retryable means that the same call with the same id may succeed later. The client has retried it already, unless
	// that was off or would have passed the deadline.
	Retryable bool
	// RetryAfter is how long the server asks to wait; 0 when it does not.
	RetryAfter time.Duration
	// FieldViolations name what is wrong with the request.
	FieldViolations []FieldViolation
	// Resource is what the error is about; nil when it is about none.
	Resource *Resource
	// Metadata is what comes with the reason, as errorsv1.ErrorReason tells.
	Metadata map[string]string
	// RequestID is what GetOperation takes; empty when the call changes nothing. Of a batch, the first id.
	RequestID string

	status *status.Status
}

// FieldViolation is one thing that is wrong with a request.
type FieldViolation struct {
	// Field is its path, such as transfers[0].amount.
	Field string
	// Description says what would be right.
	Description string
}

// Resource names something on the server.
type Resource struct {
	// Type is what it is, such as account.
	Type string
	// Name is which one, such as its id.
	Name string
}

// Error implements error.
func (e *Error) Error() string {
	var text strings.Builder
	text.WriteString("bursar: ")
	text.WriteString(e.Code.String())
	if e.Reason != "" {
		fmt.Fprintf(&text, " (%s)", string(e.Reason))
	}
	text.WriteString(": " + e.Message)
	for _, violation := range e.FieldViolations {
		fmt.Fprintf(&text, "; %s: %s", violation.Field, violation.Description)
	}
	return text.String()
}

// GRPCStatus lets status.FromError and status.Code read it.
func (e *Error) GRPCStatus() *status.Status {
	if e.status != nil {
		return e.status
	}
	return status.New(e.Code, e.Message)
}

// Is lets errors.Is find context.DeadlineExceeded and context.Canceled by the code.
func (e *Error) Is(target error) bool {
	return target == context.DeadlineExceeded && e.Code == codes.DeadlineExceeded ||
		target == context.Canceled && e.Code == codes.Canceled
}

// ReasonOf is the reason of an error of this package, and empty for any other.
func ReasonOf(err error) Reason {
	var failed *Error
	if errors.As(err, &failed) {
		return failed.Reason
	}
	return ""
}

// ErrorOf is the error of one item of a batch or stream, such as TransferResult.Error; nil when there is none.
func ErrorOf(item *rpcstatus.Status) *Error {
	if item == nil || item.GetCode() == int32(codes.OK) {
		return nil
	}
	return newError(status.FromProto(item), true, "")
}

// errorFrom makes an Error of what gRPC returned for a call. It leaves an Error as it is.
func errorFrom(err error, mutates bool, requestID string) *Error {
	var failed *Error
	if errors.As(err, &failed) {
		return failed
	}
	from, ok := status.FromError(err)
	if !ok {
		from = status.FromContextError(err)
	}
	return newError(from, mutates, requestID)
}

func newError(from *status.Status, mutates bool, requestID string) *Error {
	failed := &Error{Code: from.Code(), Message: from.Message(), RequestID: requestID, Definite: !mutates, status: from}
	fromServer, delayed := false, false
	for _, detail := range from.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			fromServer = true
			failed.Reason = Reason(detail.GetReason())
			failed.Metadata = detail.GetMetadata()
			if definite, said := detail.GetMetadata()["definite"]; said {
				failed.Definite = definite == "true"
			}
		case *errdetails.RetryInfo:
			delayed = detail.GetRetryDelay() != nil
			failed.RetryAfter = max(0, detail.GetRetryDelay().AsDuration())
		case *errdetails.BadRequest:
			for _, violation := range detail.GetFieldViolations() {
				failed.FieldViolations = append(failed.FieldViolations,
					FieldViolation{Field: violation.GetField(), Description: violation.GetDescription()})
			}
		case *errdetails.ResourceInfo:
			failed.Resource = &Resource{Type: detail.GetResourceType(), Name: detail.GetResourceName()}
		}
	}
	if !fromServer {
		failed.Reason = ownReason(failed.Code)
	}
	failed.Retryable = failed.Code == codes.Unavailable || failed.Code == codes.ResourceExhausted && delayed
	return failed
}

// ownReason is for what came without an ErrorInfo: from this side of the connection, or from something between.
func ownReason(code codes.Code) Reason {
	switch code {
	case codes.Unavailable:
		return ReasonUnreachable
	case codes.DeadlineExceeded:
		return ReasonDeadlineExceeded
	case codes.Canceled:
		return ReasonCancelled
	default:
		return ""
	}
}

func invalidConfig(format string, values ...any) *Error {
	return invalid(ReasonInvalidConfig, fmt.Sprintf(format, values...))
}

func invalid(reason Reason, message string) *Error {
	return &Error{Code: codes.InvalidArgument, Reason: reason, Message: message, Definite: true}
}

// undecided tells whether an error can come although an earlier attempt of the same call went through: all that is decided
// before the server looks up the id. The others mean that it found no such call.
func (e *Error) undecided() bool {
	switch e.Code {
	case codes.InvalidArgument, codes.NotFound, codes.AlreadyExists, codes.FailedPrecondition, codes.Aborted:
		return false
	default:
		return true
	}
}
