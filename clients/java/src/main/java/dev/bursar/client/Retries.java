package dev.bursar.client;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * When a call is sent again. Bursar knows a request by its id, so one that may have arrived is safe to repeat; what
 * the server refused is not repeated, since the answer would be the same.
 */
final class Retries implements ClientInterceptor {
    /** Attempts of one call, and failures in a row of a stream, unless the caller says otherwise. */
    static final int DEFAULT_ATTEMPTS = 12;
    /** In the trailers of a failed call that the server may have carried out although it now refuses it. */
    static final Metadata.Key<String> IN_DOUBT =
            Metadata.Key.of("bursar-client-in-doubt", Metadata.ASCII_STRING_MARSHALLER);
    private static final long FIRST_DELAY_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long MAX_DELAY_NANOS = TimeUnit.SECONDS.toNanos(2);
    private static final long NEVER = -1;

    private final int maxAttempts;
    private final ScheduledExecutorService timer;
    private final Runnable reconnect;

    Retries(int maxAttempts, ScheduledExecutorService timer, Runnable reconnect) {
        this.maxAttempts = maxAttempts;
        this.timer = timer;
        this.reconnect = reconnect;
    }

    int maxAttempts() {
        return maxAttempts;
    }

    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
        return method.getType() == MethodDescriptor.MethodType.UNARY && maxAttempts > 1
                ? new RetryingCall<>(this, method, options, next)
                : next.newCall(method, options);
    }

    /**
     * Runs the attempt after the delay, and half way asks for the connection that it will need.
     *
     * @return what takes it back; null, and there is no attempt, when the client is closed
     */
    Runnable schedule(Runnable attempt, long delayNanos) {
        try {
            var connecting = timer.schedule(reconnect, delayNanos / 2, TimeUnit.NANOSECONDS);
            var trying = timer.schedule(attempt, delayNanos, TimeUnit.NANOSECONDS);
            return () -> {
                connecting.cancel(false);
                trying.cancel(false);
            };
        } catch (RejectedExecutionException closed) {
            return null;
        }
    }

    /** The delay before the next attempt, or a negative number when there is to be none. */
    long delayNanos(Status status, Metadata trailers, int attempts, Deadline deadline) {
        if (attempts >= maxAttempts) {
            return NEVER;
        }
        Duration asked = BursarException.Details.of(status, trailers).retryAfter();
        long delay = delayNanos(status.getCode(), asked, attempts, ThreadLocalRandom.current().nextDouble());
        boolean late = deadline != null && deadline.timeRemaining(TimeUnit.NANOSECONDS) <= delay;
        return late ? NEVER : delay;
    }

    /** The same without the limits: `attempts` is how many have failed, `random` is from 0 to 1. */
    static long delayNanos(Status.Code code, Duration asked, int attempts, double random) {
        if (code != Status.Code.UNAVAILABLE && (code != Status.Code.RESOURCE_EXHAUSTED || asked == null)) {
            return NEVER;
        }
        return asked == null ? backoffNanos(attempts, random) : Math.max(0, asked.toNanos());
    }

    /** Doubles from 100 ms to 2 s; the upper half is random, so that callers who failed together do not return so. */
    static long backoffNanos(int attempts, double random) {
        int doublings = Math.min(attempts - 1, 10);
        long full = Math.min(FIRST_DELAY_NANOS << doublings, MAX_DELAY_NANOS);
        return full / 2 + (long) (full / 2 * random);
    }

    /**
     * Whether a refusal with this code speaks for earlier attempts too. The server looks for what it has done already
     * before it refuses so; everything else it may say before it has looked.
     */
    static boolean settles(Status.Code code) {
        return switch (code) {
            case INVALID_ARGUMENT, NOT_FOUND, ALREADY_EXISTS, FAILED_PRECONDITION, ABORTED -> true;
            default -> false;
        };
    }

    /** The earlier of the call's deadline and that of the context it is made in, or null. */
    static Deadline deadline(CallOptions options, Context context) {
        Deadline own = options.getDeadline();
        Deadline outer = context.getDeadline();
        return own == null ? outer : outer == null ? own : own.minimum(outer);
    }
}
