package dev.bursar.client;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;

/**
 * Makes UNAVAILABLE of a connection that did not speak HTTP/2, such as a port that wants TLS: grpc-java calls it
 * INTERNAL, or UNAVAILABLE when it ended sooner.
 */
final class ConnectionErrors implements ClientInterceptor {
    // By its name: the class itself is in a package of grpc-java's transport.
    private static final String NOT_HTTP2 = "Http2Exception";

    static Status named(Status status) {
        if (status.getCode() != Status.Code.INTERNAL) {
            return status;
        }
        for (Throwable each = status.getCause(); each != null; each = each.getCause()) {
            if (each.getClass().getSimpleName().equals(NOT_HTTP2)) {
                return Status.UNAVAILABLE.withCause(status.getCause()).withDescription(
                        "what answers does not speak HTTP/2 (http:// to a port with TLS?): " + each.getMessage());
            }
        }
        return status;
    }

    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
        return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
            @Override
            public void start(Listener<R> listener, Metadata headers) {
                super.start(new SimpleForwardingClientCallListener<>(listener) {
                    @Override
                    public void onClose(Status status, Metadata trailers) {
                        super.onClose(named(status), trailers);
                    }
                }, headers);
            }
        };
    }
}
