package dev.bursar.client;

import dev.bursar.ledger.v1.CreateTransferRequest;
import dev.bursar.ledger.v1.CreateTransferResponse;
import dev.bursar.ledger.v1.GetTransferRequest;
import dev.bursar.ledger.v1.GetTransferResponse;
import dev.bursar.ledger.v1.ListTransfersRequest;
import dev.bursar.ledger.v1.ListTransfersResponse;
import dev.bursar.ledger.v1.NewTransfer;
import dev.bursar.ledger.v1.StreamTransfersRequest;
import dev.bursar.ledger.v1.StreamTransfersResponse;
import dev.bursar.ledger.v1.Transfer;
import dev.bursar.ledger.v1.TransferResult;
import dev.bursar.ledger.v1.TransferServiceGrpc;
import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.ArrayList;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A server on a free port of this machine that refuses what a test tells it to, and remembers what it was sent. */
final class FakeServer extends TransferServiceGrpc.TransferServiceImplBase implements AutoCloseable {
    private static final int ITEMS = 5;

    private final Queue<RuntimeException> refusals = new ConcurrentLinkedQueue<>();
    private final Queue<List<NewTransfer>> messages = new ConcurrentLinkedQueue<>();
    private final List<String> ids = Collections.synchronizedList(new ArrayList<>());
    private final CountDownLatch called = new CountDownLatch(1);
    private final CountDownLatch cancelled = new CountDownLatch(1);
    private final Server server;
    private volatile Metadata headers = new Metadata();
    private volatile boolean hanging;
    private volatile int cutAfter = Integer.MAX_VALUE;
    private volatile Status cut = Status.UNAVAILABLE;

    FakeServer() {
        try {
            server = Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create()).addService(this)
                    .intercept(new Headers()).build().start();
        } catch (IOException noPort) {
            throw new UncheckedIOException(noPort);
        }
    }

    BursarClient.Builder builder() {
        return BursarClient.builder().url("http://127.0.0.1:" + server.getPort()).apiKey("key");
    }

    BursarClient client(int maxAttempts) {
        return builder().maxAttempts(maxAttempts).connect();
    }

    void refuse(RuntimeException refusal) {
        refusals.add(refusal);
    }

    void hang() {
        hanging = true;
    }

    /** Each stream ends so after that many transfers, or with a refusal that a test has asked for. */
    void cutStreamsAfter(int transfers, Status status) {
        cutAfter = transfers;
        cut = status;
    }

    List<String> ids() {
        return ids;
    }

    /** The messages of all streams. */
    List<List<NewTransfer>> messages() {
        return List.copyOf(messages);
    }

    String header(String name) {
        return headers.get(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER));
    }

    void awaitCall() throws InterruptedException {
        called.await(5, TimeUnit.SECONDS);
    }

    boolean awaitCancelled() throws InterruptedException {
        return cancelled.await(5, TimeUnit.SECONDS);
    }

    @Override
    public void createTransfer(CreateTransferRequest request, StreamObserver<CreateTransferResponse> reply) {
        ids.add(request.getTransfer().getId());
        ((ServerCallStreamObserver<CreateTransferResponse>) reply).setOnCancelHandler(cancelled::countDown);
        called.countDown();
        RuntimeException refusal = refusals.poll();
        if (refusal != null) {
            reply.onError(refusal);
        } else if (!hanging) {
            reply.onNext(CreateTransferResponse.newBuilder()
                    .setTransfer(Transfer.newBuilder().setId(request.getTransfer().getId())).build());
            reply.onCompleted();
        }
    }

    @Override
    public void getTransfer(GetTransferRequest request, StreamObserver<GetTransferResponse> reply) {
        if (!hanging) {
            reply.onNext(GetTransferResponse.getDefaultInstance());
            reply.onCompleted();
        }
    }

    @Override
    public void listTransfers(ListTransfersRequest request, StreamObserver<ListTransfersResponse> reply) {
        int from = request.getPageToken().isEmpty() ? 0 : Integer.parseInt(request.getPageToken());
        ListTransfersResponse.Builder page = ListTransfersResponse.newBuilder();
        for (int i = from; i < Math.min(from + request.getPageSize(), ITEMS); i++) {
            page.addTransfers(Transfer.newBuilder().setId(String.valueOf(i)));
        }
        int next = from + request.getPageSize();
        reply.onNext(page.setNextPageToken(next < ITEMS ? String.valueOf(next) : "").build());
        reply.onCompleted();
    }

    @Override
    public StreamObserver<StreamTransfersRequest> streamTransfers(StreamObserver<StreamTransfersResponse> reply) {
        // The request's observer hears nothing of a cancellation after the end of the requests.
        ((ServerCallStreamObserver<StreamTransfersResponse>) reply).setOnCancelHandler(cancelled::countDown);
        called.countDown();
        return new StreamObserver<>() {
            private int answered;
            private boolean over;

            @Override
            public void onNext(StreamTransfersRequest message) {
                messages.add(message.getTransfersList());
                StreamTransfersResponse.Builder results = StreamTransfersResponse.newBuilder();
                for (NewTransfer transfer : message.getTransfersList()) {
                    ids.add(transfer.getId());
                    // What comes after the cut was received and has no result, as in a real one.
                    if (answered < cutAfter) {
                        results.addResults(TransferResult.newBuilder().setId(transfer.getId()));
                        answered++;
                    }
                }
                if (over || hanging) {
                    return;
                }
                if (results.getResultsCount() > 0) {
                    reply.onNext(results.build());
                }
                if (answered == cutAfter) {
                    over = true;
                    RuntimeException refusal = refusals.poll();
                    reply.onError(refusal == null ? cut.asRuntimeException() : refusal);
                }
            }

            @Override
            public void onError(Throwable gone) {
                over = true;
            }

            @Override
            public void onCompleted() {
                if (!over && !hanging) {
                    reply.onCompleted();
                }
            }
        };
    }

    @Override
    public void close() {
        server.shutdownNow();
    }

    private final class Headers implements ServerInterceptor {
        @Override
        public <Q, R> ServerCall.Listener<Q> interceptCall(ServerCall<Q, R> call, Metadata received,
                ServerCallHandler<Q, R> next) {
            headers = received;
            return next.startCall(call, received);
        }
    }
}
