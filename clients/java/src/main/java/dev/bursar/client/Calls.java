package dev.bursar.client;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Carries out calls; what the generated clients of the services stand on. Use those, or a stub of grpc-java on
 * {@link BursarClient#channel()}.
 */
public final class Calls {
    private final Channel channel;
    private final Duration deadline;

    Calls(Channel channel, Duration deadline) {
        this.channel = channel;
        this.deadline = deadline;
    }

    /**
     * The same with another deadline.
     *
     * @param deadline how long each call may take
     * @return calls over the same connection
     */
    public Calls withDeadline(Duration deadline) {
        return new Calls(channel, BursarClient.Builder.positive("the deadline", deadline));
    }

    /**
     * Sends a request and waits for its reply. Interrupting the thread cancels the call.
     *
     * @param <Q> the request
     * @param <R> the reply
     * @param method the method
     * @param request the request
     * @return the reply
     * @throws BursarException when the call fails
     */
    public <Q, R> R unary(MethodDescriptor<Q, R> method, Q request) {
        try {
            return ClientCalls.blockingUnaryCall(channel, method, options(), request);
        } catch (StatusRuntimeException failed) {
            throw BursarException.from(failed);
        }
    }

    /**
     * Sends a request.
     *
     * @param <Q> the request
     * @param <R> the reply
     * @param method the method
     * @param request the request
     * @return the reply to come, or a {@link BursarException}; cancelling it cancels the call
     */
    public <Q, R> CompletableFuture<R> unaryAsync(MethodDescriptor<Q, R> method, Q request) {
        ClientCall<Q, R> call = channel.newCall(method, options());
        CompletableFuture<R> future = new CompletableFuture<>();
        future.whenComplete((reply, failed) -> {
            if (future.isCancelled()) {
                call.cancel("the caller cancelled the future", null);
            }
        });
        ClientCalls.asyncUnaryCall(call, request, new StreamObserver<R>() {
            @Override
            public void onNext(R reply) {
                future.complete(reply);
            }

            @Override
            public void onError(Throwable failed) {
                future.completeExceptionally(BursarException.from(failed));
            }

            @Override
            public void onCompleted() {
                // The reply has come.
            }
        });
        return future;
    }

    /**
     * Sends a request that has many replies.
     *
     * @param <Q> the request
     * @param <R> the replies
     * @param method the method
     * @param request the request
     * @return the replies
     */
    public <Q, R> ReplyStream<R> replies(MethodDescriptor<Q, R> method, Q request) {
        return new ReplyStream<>(() -> ClientCalls.blockingServerStreamingCall(channel, method, options(), request));
    }

    /**
     * Opens a call with many requests and many replies. It is not sent again after a cut.
     *
     * @param <Q> the requests
     * @param <R> the replies
     * @param method the method
     * @param replies takes the replies, and a {@link BursarException} when the call fails
     * @return takes the requests
     */
    public <Q, R> StreamObserver<Q> bidirectional(MethodDescriptor<Q, R> method, StreamObserver<R> replies) {
        return ClientCalls.asyncBidiStreamingCall(channel.newCall(method, options()), new StreamObserver<R>() {
            @Override
            public void onNext(R reply) {
                replies.onNext(reply);
            }

            @Override
            public void onError(Throwable failed) {
                replies.onError(BursarException.from(failed));
            }

            @Override
            public void onCompleted() {
                replies.onCompleted();
            }
        });
    }

    /**
     * The items of a list, over all its pages.
     *
     * @param <Q> the request
     * @param <R> the reply
     * @param <T> the items
     * @param method the method
     * @param request gives the request of a page token
     * @param firstToken the token to begin with
     * @param items gives the items of a reply
     * @param nextToken gives the token of the page after a reply
     * @return the items
     */
    public <Q, R, T> Pages<T> pages(MethodDescriptor<Q, R> method, Function<String, Q> request, String firstToken,
            Function<R, List<T>> items, Function<R, String> nextToken) {
        return new Pages<>(firstToken, token -> {
            R reply = unary(method, request.apply(token));
            return new Pages.Page<>(items.apply(reply), nextToken.apply(reply));
        });
    }

    /** Opens a call without a deadline of its own, for a stream that is resumed. */
    <Q, R> ClientCall<Q, R> open(MethodDescriptor<Q, R> method, ClientCall.Listener<R> listener) {
        ClientCall<Q, R> call = channel.newCall(method, CallOptions.DEFAULT);
        call.start(listener, new Metadata());
        return call;
    }

    private CallOptions options() {
        return deadline == null
                ? CallOptions.DEFAULT
                : CallOptions.DEFAULT.withDeadlineAfter(deadline.toNanos(), TimeUnit.NANOSECONDS);
    }
}
