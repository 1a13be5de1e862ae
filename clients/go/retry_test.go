package bursar

import (
	"context"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
)

func TestBackoffGrowsToItsBound(t *testing.T) {
	for failures := 1; failures < 200; failures++ {
		most := 2 * time.Second
		if failures < 6 {
			most = 100 * time.Millisecond << (failures - 1)
		}
		for range 20 {
			if got := backoffAfter(failures); got > most || got < most*8/10 {
				t.Fatalf("after %d failures: %s, want at most %s and at least four fifths of it", failures, got, most)
			}
		}
	}
}

func TestWhatIsSentAgain(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	unavailable := newError(statusWith(codes.Unavailable, ""), true, "")
	limited := newError(statusWith(codes.ResourceExhausted, "", retryIn(time.Second)), true, "")
	late := newError(statusWith(codes.ResourceExhausted, "", retryIn(time.Hour)), true, "")
	for _, one := range []struct {
		name     string
		failed   *Error
		failures int
		attempts int
		allowed  bool
	}{
		{"unavailable", unavailable, 1, 8, true},
		{"the last attempt but one", unavailable, 7, 8, true},
		{"the last attempt", unavailable, 8, 8, false},
		{"off by 1", unavailable, 1, 1, false},
		{"off by 0", unavailable, 1, 0, false},
		{"exhausted, with a delay", limited, 1, 8, true},
		{"exhausted, without", newError(statusWith(codes.ResourceExhausted, ""), true, ""), 1, 8, false},
		{"a delay beyond the deadline", late, 1, 8, false},
		{"aborted", newError(statusWith(codes.Aborted, "", retryIn(1)), true, ""), 1, 8, false},
		{"deadline", newError(statusWith(codes.DeadlineExceeded, ""), true, ""), 1, 8, false},
		{"internal", newError(statusWith(codes.Internal, ""), true, ""), 1, 8, false},
	} {
		if _, allowed := again(ctx, one.failed, one.failures, one.attempts); allowed != one.allowed {
			t.Errorf("%s: got %t", one.name, allowed)
		}
	}
	if pause, _ := again(ctx, limited, 1, 8); pause < time.Second || pause > 1200*time.Millisecond {
		t.Errorf("the server said one second, got %s", pause)
	}
}
