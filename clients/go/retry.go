package bursar

import (
	"context"
	"math/rand/v2"
	"time"
)

// The pause after the n-th failure is backoffFirst × 2^(n-1), at most backoffMost, less up to a fifth so that callers who
// failed together do not come back together.
const (
	backoffFirst = 100 * time.Millisecond
	backoffMost  = 2 * time.Second
	jitter       = 0.2
)

func backoffAfter(failures int) time.Duration {
	pause := backoffMost
	// Further doublings would only pass the most, and later overflow.
	if doublings := failures - 1; doublings < 10 {
		pause = min(backoffMost, backoffFirst<<max(0, doublings))
	}
	return time.Duration(float64(pause) * (1 - jitter*rand.Float64()))
}

// pauseAfter is how long to wait before the next attempt: what the server said and a little more, or the back-off.
func pauseAfter(failed *Error, failures int) time.Duration {
	if failed.RetryAfter > 0 {
		return time.Duration(float64(failed.RetryAfter) * (1 + jitter*rand.Float64()))
	}
	return backoffAfter(failures)
}

// again tells whether a further attempt is allowed, and after which pause.
func again(ctx context.Context, failed *Error, failures, attempts int) (pause time.Duration, allowed bool) {
	if !failed.Retryable || failures >= attempts {
		return 0, false
	}
	pause = pauseAfter(failed, failures)
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= pause {
		return 0, false
	}
	return pause, true
}

// sleep waits, or returns the context's error when it ends first.
func sleep(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
