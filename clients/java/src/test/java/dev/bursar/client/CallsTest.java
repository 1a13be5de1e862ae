package dev.bursar.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.Any;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import dev.bursar.ledger.v1.CreateTransferRequest;
import dev.bursar.ledger.v1.CreateTransferResponse;
import dev.bursar.ledger.v1.GetTransferRequest;
import dev.bursar.ledger.v1.ListTransfersRequest;
import dev.bursar.ledger.v1.NewTransfer;
import dev.bursar.ledger.v1.Transfer;
import dev.bursar.ledger.v1.TransferServiceClient;
import dev.bursar.ledger.v1.TransferServiceGrpc;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The client against a server in the same process that answers as a test wants. */
class CallsTest {
    private static final CreateTransferRequest CREATE =
            CreateTransferRequest.newBuilder().setTransfer(NewTransfer.newBuilder().setCode("x")).build();

    private final FakeServer server = new FakeServer();

    @AfterEach
    void stop() {
        server.close();
    }

    static RuntimeException refusal(Status.Code code, String reason, Duration retryAfter) {
        com.google.rpc.Status.Builder status = com.google.rpc.Status.newBuilder().setCode(code.value())
                .addDetails(Any.pack(ErrorInfo.newBuilder().setReason("ERROR_REASON_" + reason)
                        .putMetadata("definite", "true").build()));
        if (retryAfter != null) {
            status.addDetails(Any.pack(RetryInfo.newBuilder().setRetryDelay(
                    com.google.protobuf.Duration.newBuilder().setNanos(retryAfter.getNano())).build()));
        }
        return io.grpc.protobuf.StatusProto.toStatusRuntimeException(status.build());
    }

    @Test
    void unavailableIsSentAgainWithTheSameId() {
        server.refuse(Status.UNAVAILABLE.asRuntimeException());
        server.refuse(refusal(Status.Code.UNAVAILABLE, "CONTENTION", Duration.ofMillis(5)));
        server.refuse(refusal(Status.Code.RESOURCE_EXHAUSTED, "RATE_LIMITED", Duration.ofMillis(5)));
        try (BursarClient client = server.client(8)) {
            CreateTransferResponse reply = client.ledger().transfers().createTransfer(CREATE);
            assertEquals(4, server.ids().size());
            assertEquals(Set.of(reply.getTransfer().getId()), Set.copyOf(server.ids()));
            assertEquals("Bearer key", server.header("authorization"));
        }
    }

    @Test
    void aRefusalIsNotSentAgain() {
        for (Status.Code code : List.of(Status.Code.ABORTED, Status.Code.FAILED_PRECONDITION, Status.Code.INTERNAL,
                Status.Code.RESOURCE_EXHAUSTED, Status.Code.DEADLINE_EXCEEDED)) {
            server.ids().clear();
            server.refuse(refusal(code, "X", null));
            try (BursarClient client = server.client(8)) {
                BursarException error = assertThrows(BursarException.class,
                        () -> client.ledger().transfers().createTransfer(CREATE));
                assertEquals(code, error.code());
                assertEquals(server.ids(), List.of(error.requestId()));
            }
        }
    }

    @Test
    void whatMayHaveHappenedBeforeIsNotDefinite() {
        assertTrue(definiteAfter(refusal(Status.Code.UNAVAILABLE, "CONTENTION", null), Status.Code.PERMISSION_DENIED));
        assertFalse(definiteAfter(Status.UNAVAILABLE.asRuntimeException(), Status.Code.PERMISSION_DENIED));
        assertTrue(definiteAfter(Status.UNAVAILABLE.asRuntimeException(), Status.Code.FAILED_PRECONDITION));
    }

    /** Whether the client is sure of nothing changed when one attempt fails and the next is refused, surely. */
    private boolean definiteAfter(RuntimeException first, Status.Code second) {
        server.refuse(first);
        server.refuse(refusal(second, "X", null));
        try (BursarClient client = server.client(8)) {
            BursarException error = assertThrows(BursarException.class,
                    () -> client.ledger().transfers().createTransfer(CREATE));
            assertEquals(second, error.code());
            return error.definite();
        }
    }

    @Test
    void attemptsAreCounted() {
        for (int i = 0; i < 5; i++) {
            server.refuse(refusal(Status.Code.UNAVAILABLE, "CONTENTION", Duration.ofMillis(1)));
        }
        try (BursarClient client = server.client(3)) {
            BursarException error = assertThrows(BursarException.class,
                    () -> client.ledger().transfers().createTransfer(CREATE));
            assertEquals("CONTENTION", error.reason());
            assertEquals(3, server.ids().size());
        }
        try (BursarClient client = server.client(0)) {
            assertThrows(BursarException.class, () -> client.ledger().transfers().createTransfer(CREATE));
            assertEquals(4, server.ids().size());
        }
    }

    @Test
    void noDelayPassesTheDeadline() {
        server.refuse(refusal(Status.Code.UNAVAILABLE, "CONTENTION", Duration.ofMillis(900)));
        try (BursarClient client = server.client(8)) {
            TransferServiceClient transfers = client.ledger().transfers().withDeadline(Duration.ofMillis(500));
            BursarException error = assertTimeout(Duration.ofMillis(400),
                    () -> assertThrows(BursarException.class, () -> transfers.createTransfer(CREATE)));
            assertEquals("CONTENTION", error.reason());
        }
    }

    @Test
    void theDeadlineHoldsForPlainStubsToo() {
        server.hang();
        try (BursarClient client = server.builder().deadline(Duration.ofMillis(100)).connect()) {
            StatusRuntimeException thrown = assertThrows(StatusRuntimeException.class,
                    () -> TransferServiceGrpc.newBlockingStub(client.channel()).createTransfer(CREATE));
            BursarException error = BursarException.from(thrown);
            assertEquals(BursarException.DEADLINE_EXCEEDED, error.reason());
            assertEquals(server.ids(), List.of(error.requestId()));
            assertFalse(error.definite());
            BursarException read = assertThrows(BursarException.class,
                    () -> client.ledger().transfers().getTransfer(GetTransferRequest.getDefaultInstance()));
            assertTrue(read.definite());
            assertEquals("", read.requestId());
        }
    }

    @Test
    void aCancelledFutureEndsTheCall() throws Exception {
        server.hang();
        try (BursarClient client = server.client(8)) {
            CompletableFuture<CreateTransferResponse> future = client.ledger().transfers().createTransferAsync(CREATE);
            server.awaitCall();
            future.cancel(true);
            assertTrue(server.awaitCancelled());
            assertEquals(BursarException.CANCELLED,
                    BursarException.from(assertThrows(RuntimeException.class, future::join)).reason());
        }
    }

    @Test
    void anInterruptEndsTheWaitForTheNextAttempt() throws Exception {
        server.refuse(refusal(Status.Code.UNAVAILABLE, "CONTENTION", Duration.ofMillis(999)));
        try (BursarClient client = server.client(8)) {
            CompletableFuture<BursarException> thrown = new CompletableFuture<>();
            Thread caller = new Thread(() -> thrown.complete(assertThrows(BursarException.class,
                    () -> client.ledger().transfers().createTransfer(CREATE))));
            caller.start();
            server.awaitCall();
            Thread.sleep(100);
            caller.interrupt();
            assertEquals(BursarException.CANCELLED, thrown.get(500, TimeUnit.MILLISECONDS).reason());
        }
    }

    @Test
    void closingEndsTheRetries() {
        server.refuse(refusal(Status.Code.UNAVAILABLE, "CONTENTION", Duration.ofMillis(300)));
        BursarClient client = server.client(8);
        CompletableFuture<CreateTransferResponse> future = client.ledger().transfers().createTransferAsync(CREATE);
        client.close();
        CompletionException thrown = assertThrows(CompletionException.class, future::join);
        assertEquals(Status.Code.UNAVAILABLE, BursarException.from(thrown).code());
    }

    @Test
    void pagesAreFetchedOneByOne() {
        try (BursarClient client = server.client(8)) {
            ListTransfersRequest request = ListTransfersRequest.newBuilder().setPageSize(2).build();
            Pages<Transfer> pages = client.ledger().transfers().listTransfersAll(request);
            assertEquals(List.of("0", "1", "2", "3", "4"), pages.stream().map(Transfer::getId).toList());
            Pages.PageIterator<Transfer> iterator = pages.iterator();
            assertEquals(0, iterator.pagesRead());
            iterator.next();
            iterator.next();
            assertEquals(1, iterator.pagesRead());
            iterator.next();
            assertEquals(2, iterator.pagesRead());
        }
    }

    @Test
    void theCurrentTraceGoesAlong() {
        SpanContext trace = SpanContext.create("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331",
                TraceFlags.getSampled(), TraceState.getDefault());
        try (BursarClient client = server.client(8); var scope = Span.wrap(trace).makeCurrent()) {
            client.ledger().transfers().createTransfer(CREATE);
            assertEquals("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", server.header("traceparent"));
            client.streamTransfers(List.of(CREATE.getTransfer())).next();
            assertEquals("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", server.header("traceparent"));
        }
    }
}
