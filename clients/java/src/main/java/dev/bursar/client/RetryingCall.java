package dev.bursar.client;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.concurrent.Executor;

/** A unary call that is sent again by the rules of {@link Retries}; its caller sees one call. */
final class RetryingCall<Q, R> extends ClientCall<Q, R> {
    private final Retries retries;
    private final MethodDescriptor<Q, R> method;
    private final CallOptions options;
    private final Channel next;
    private final Context context = Context.current();

    private Listener<R> listener;
    private Metadata headers;
    private Q request;

    // Cancelling comes from any thread, everything below is under the lock.
    private ClientCall<Q, R> attempt;
    private Runnable unschedule;
    private int attempts;
    // Whether an attempt has failed that may have changed something all the same.
    private boolean inDoubt;
    private boolean closed;

    RetryingCall(Retries retries, MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
        this.retries = retries;
        this.method = method;
        this.options = options;
        this.next = next;
    }

    @Override
    public void start(Listener<R> listener, Metadata headers) {
        this.listener = listener;
        this.headers = headers;
    }

    @Override
    public void sendMessage(Q message) {
        request = message;
    }

    @Override
    public void halfClose() {
        send();
    }

    @Override
    public void request(int count) {
        // Each attempt asks for its one reply itself.
    }

    @Override
    public void cancel(String message, Throwable cause) {
        ClientCall<Q, R> running;
        synchronized (this) {
            if (closed) {
                return;
            }
            running = attempt;
            if (running == null) {
                closed = true;
                if (unschedule != null) {
                    unschedule.run();
                }
            }
        }
        if (running != null) {
            running.cancel(message, cause);
            return;
        }
        Executor executor = options.getExecutor() == null ? Runnable::run : options.getExecutor();
        Status status = Status.CANCELLED.withDescription(message).withCause(cause);
        executor.execute(() -> listener.onClose(status, new Metadata()));
    }

    /** Under the lock as a whole: a call that is cancelled before it has begun would throw. */
    private synchronized void send() {
        if (closed) {
            return;
        }
        attempts++;
        attempt = next.newCall(method, options);
        // Headers belong to the attempt that sent them.
        Metadata copy = new Metadata();
        copy.merge(headers);
        attempt.start(new Attempt(), copy);
        attempt.request(2);
        attempt.sendMessage(request);
        attempt.halfClose();
    }

    private boolean sendLater(Status status, Metadata trailers) {
        long delay = retries.delayNanos(status, trailers, attempts, Retries.deadline(options, context));
        synchronized (this) {
            trailers.discardAll(Retries.IN_DOUBT);
            if (inDoubt && !Retries.settles(status.getCode())) {
                trailers.put(Retries.IN_DOUBT, "true");
            }
            inDoubt = inDoubt || !BursarException.Details.of(status, trailers).definite();
            if (delay >= 0 && !closed) {
                attempt = null;
                unschedule = retries.schedule(() -> context.run(this::send), delay);
                if (unschedule != null) {
                    return true;
                }
            }
            closed = true;
            return false;
        }
    }

    private final class Attempt extends Listener<R> {
        private Metadata replyHeaders;
        private R reply;

        @Override
        public void onHeaders(Metadata headers) {
            replyHeaders = headers;
        }

        @Override
        public void onMessage(R message) {
            reply = message;
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            if (!status.isOk() && sendLater(status, trailers)) {
                return;
            }
            if (replyHeaders != null) {
                listener.onHeaders(replyHeaders);
            }
            if (reply != null) {
                listener.onMessage(reply);
            }
            listener.onClose(status, trailers);
        }
    }
}
