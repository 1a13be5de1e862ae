package dev.bursar.client;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import java.util.concurrent.TimeUnit;

/** Sends the key and the current trace with each call, and gives a unary call a deadline when it has none. */
final class CallHeaders implements ClientInterceptor {
    private static final Metadata.Key<String> AUTHORIZATION =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
    private static final boolean TRACING = hasOpenTelemetry();

    private final String authorization;
    private final long deadlineNanos;

    CallHeaders(String apiKey, long deadlineNanos) {
        this.authorization = apiKey.isEmpty() ? "" : "Bearer " + apiKey;
        this.deadlineNanos = deadlineNanos;
    }

    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
        boolean unbounded = method.getType() == MethodDescriptor.MethodType.UNARY && options.getDeadline() == null;
        CallOptions bounded =
                unbounded ? options.withDeadlineAfter(deadlineNanos, TimeUnit.NANOSECONDS) : options;
        return new SimpleForwardingClientCall<>(next.newCall(method, bounded)) {
            @Override
            public void start(Listener<R> listener, Metadata headers) {
                if (!authorization.isEmpty()) {
                    headers.put(AUTHORIZATION, authorization);
                }
                if (TRACING) {
                    Tracing.inject(headers);
                }
                super.start(listener, headers);
            }
        };
    }

    /** A task for another thread, with the trace of this one. */
    static Runnable inCurrentTrace(Runnable task) {
        return TRACING ? Tracing.wrap(task) : task;
    }

    private static boolean hasOpenTelemetry() {
        try {
            Class.forName("io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator");
            return true;
        } catch (ClassNotFoundException | LinkageError absent) {
            return false;
        }
    }

    /** Apart, so that nothing of OpenTelemetry is loaded where it is not there. */
    private static final class Tracing {
        static Runnable wrap(Runnable task) {
            return io.opentelemetry.context.Context.current().wrap(task);
        }

        static void inject(Metadata headers) {
            W3CTraceContextPropagator.getInstance().inject(io.opentelemetry.context.Context.current(), headers,
                    (into, name, value) -> {
                        Metadata.Key<String> key = Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
                        into.discardAll(key);
                        into.put(key, value);
                    });
        }
    }
}
