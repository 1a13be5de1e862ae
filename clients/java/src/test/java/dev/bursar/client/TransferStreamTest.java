package dev.bursar.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bursar.ledger.v1.NewTransfer;
import dev.bursar.ledger.v1.TransferResult;
import io.grpc.Status;
import java.util.Collections;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class TransferStreamTest {
    private static final NewTransfer TRANSFER = NewTransfer.newBuilder().setCode("x").build();

    private final FakeServer server = new FakeServer();

    @AfterEach
    void stop() {
        server.close();
    }

    private static List<String> idsOf(TransferStream stream) {
        List<String> ids = new java.util.ArrayList<>();
        for (TransferResult result : stream) {
            ids.add(result.getId());
        }
        return ids;
    }

    /** The ids in the order in which the server saw each first. */
    private List<String> firstSeen() {
        return server.ids().stream().distinct().toList();
    }

    @Test
    void resultsInOrder() {
        try (BursarClient client = server.client(8)) {
            List<String> ids = idsOf(client.streamTransfers(Collections.nCopies(5_000, TRANSFER)));
            assertEquals(5_000, new HashSet<>(ids).size());
            assertEquals(server.ids(), ids);
        }
    }

    @Test
    void nothingToSendIsNoCall() {
        try (BursarClient client = server.client(8)) {
            assertFalse(client.streamTransfers(List.of()).hasNext());
        }
        assertEquals(List.of(), server.ids());
    }

    @Test
    void goesOnAfterEachCut() {
        server.cutStreamsAfter(700, Status.UNAVAILABLE);
        try (BursarClient client = server.client(8)) {
            List<String> ids = idsOf(client.streamTransfers(Collections.nCopies(3_000, TRANSFER)));
            assertEquals(3_000, ids.size());
            assertEquals(firstSeen(), ids);
            assertTrue(server.ids().size() > ids.size(), "nothing was sent again");
        }
    }

    private static List<NewTransfer> copies(int count, String group) {
        return Collections.nCopies(count, TRANSFER.toBuilder().setGroupId(group).build());
    }

    private static List<NewTransfer> joined(List<List<NewTransfer>> parts) {
        return parts.stream().flatMap(List::stream).toList();
    }

    @Test
    void aGroupStaysInOneMessage() {
        // After the group of 700: the server answers a group at once.
        server.cutStreamsAfter(1_204, Status.UNAVAILABLE);
        List<NewTransfer> source = joined(List.of(copies(499, ""), copies(3, "a"), copies(2, "b"), copies(700, "c"),
                copies(498, ""), copies(3, "d")));
        try (BursarClient client = server.builder().maxUnansweredTransfers(600).connect()) {
            assertEquals(source.size(), idsOf(client.streamTransfers(source)).size());
        }
        for (List<NewTransfer> message : server.messages()) {
            List<String> groups = message.stream().map(NewTransfer::getGroupId).toList();
            assertTrue(message.size() <= 500 || groups.equals(Collections.nCopies(700, "c")), "too many: " + groups);
            for (NewTransfer each : source) {
                String group = each.getGroupId();
                int members = Collections.frequency(groups, group);
                assertTrue(group.isEmpty() || members == 0
                        || members == source.stream().filter(other -> other.getGroupId().equals(group)).count());
            }
        }
    }

    @Test
    void aGroupIsSentOnceItIsWhole() throws Exception {
        CompletableFuture<Void> whole = new CompletableFuture<>();
        Iterator<NewTransfer> members = joined(List.of(copies(2, "a"), copies(1, ""))).iterator();
        AtomicInteger given = new AtomicInteger();
        Iterator<NewTransfer> source = new Iterator<>() {
            @Override
            public boolean hasNext() {
                return members.hasNext();
            }

            @Override
            public NewTransfer next() {
                if (given.incrementAndGet() == 3) {
                    whole.join();
                }
                return members.next();
            }
        };
        try (BursarClient client = server.client(8); TransferStream stream = client.streamTransfers(source)) {
            Thread.sleep(200);
            assertEquals(List.of(), server.ids());
            whole.complete(null);
            assertEquals(3, idsOf(stream).size());
            assertEquals(2, server.messages().get(0).stream().filter(each -> each.getGroupId().equals("a")).count());
        }
    }

    @Test
    void anEndlessGroupIsLeftToTheServer() {
        try (BursarClient client = server.builder().maxUnansweredTransfers(100).connect()) {
            assertEquals(9_000, idsOf(client.streamTransfers(copies(9_000, "a"))).size());
            assertTrue(server.messages().get(0).size() > 8_190);
        }
    }

    @Test
    void aMessageIsHeldToOneMebibyte() {
        NewTransfer large = TRANSFER.toBuilder().setCode("x".repeat(100_000)).build();
        try (BursarClient client = server.client(8)) {
            assertEquals(50, idsOf(client.streamTransfers(Collections.nCopies(50, large))).size());
        }
        assertTrue(server.messages().stream().allMatch(message -> message.size() <= 10));
    }

    @Test
    void whatWasSentBeforeIsInDoubt() {
        server.cutStreamsAfter(0, Status.UNAVAILABLE);
        for (Status.Code code : List.of(Status.Code.PERMISSION_DENIED, Status.Code.FAILED_PRECONDITION)) {
            server.refuse(Status.UNAVAILABLE.asRuntimeException());
            server.refuse(CallsTest.refusal(code, "X", null));
            try (BursarClient client = server.client(8)) {
                BursarException error =
                        assertThrows(BursarException.class, () -> client.streamTransfers(List.of(TRANSFER)).next());
                assertEquals(code, error.code());
                assertEquals(code == Status.Code.FAILED_PRECONDITION, error.definite());
            }
        }
    }

    @Test
    void givesUpWithoutProgress() {
        server.cutStreamsAfter(0, Status.UNAVAILABLE.withDescription("away"));
        try (BursarClient client = server.client(3)) {
            BursarException error =
                    assertThrows(BursarException.class, () -> client.streamTransfers(List.of(TRANSFER)).next());
            assertEquals(BursarException.UNREACHABLE, error.reason());
            assertEquals(3, server.ids().size());
            assertEquals(firstSeen(), List.of(error.requestId()));
        }
    }

    @Test
    void aRefusalEndsItAfterTheResults() {
        server.cutStreamsAfter(2, Status.PERMISSION_DENIED);
        try (BursarClient client = server.client(8)) {
            TransferStream stream = client.streamTransfers(Collections.nCopies(3, TRANSFER));
            stream.next();
            stream.next();
            BursarException error = assertThrows(BursarException.class, stream::hasNext);
            assertEquals(Status.Code.PERMISSION_DENIED, error.code());
            assertSame(error, assertThrows(BursarException.class, stream::next));
        }
    }

    @Test
    void theSourceIsReadNoFurtherThanTheLimit() throws Exception {
        server.hang();
        AtomicInteger read = new AtomicInteger();
        try (BursarClient client = server.builder().maxUnansweredTransfers(100).connect()) {
            TransferStream stream = client.streamTransfers(counting(read));
            server.awaitCall();
            Thread.sleep(300);
            assertEquals(100, read.get());
            stream.close();
            assertTrue(server.awaitCancelled());
            assertEquals(BursarException.CANCELLED, assertThrows(BursarException.class, stream::hasNext).reason());
        }
    }

    @Test
    void whoReadsNoResultsIsNotReadFrom() throws InterruptedException {
        AtomicInteger read = new AtomicInteger();
        try (BursarClient client = server.builder().maxUnansweredTransfers(1_000).connect();
                TransferStream stream = client.streamTransfers(counting(read))) {
            stream.hasNext();
            Thread.sleep(300);
            assertEquals(1_000, read.get());
            for (int i = 0; i < 3_000; i++) {
                stream.next();
            }
            assertTrue(read.get() <= 4_000);
        }
    }

    @Test
    void aSourceMayWaitForAResult() throws Exception {
        CompletableFuture<String> first = new CompletableFuture<>();
        Iterator<NewTransfer> source = new Iterator<>() {
            private int given;

            @Override
            public boolean hasNext() {
                return given < 2;
            }

            @Override
            public NewTransfer next() {
                given++;
                return given == 1 ? TRANSFER : TRANSFER.toBuilder().setCode(first.join()).build();
            }
        };
        try (BursarClient client = server.client(8); TransferStream stream = client.streamTransfers(source)) {
            first.complete(stream.next().getId());
            assertTrue(stream.hasNext());
        }
    }

    @Test
    void aBrokenSourceIsTheCallersError() {
        IllegalStateException broken = new IllegalStateException("broken");
        try (BursarClient client = server.client(8)) {
            TransferStream stream = client.streamTransfers(() -> new Iterator<>() {
                @Override
                public boolean hasNext() {
                    throw broken;
                }

                @Override
                public NewTransfer next() {
                    throw broken;
                }
            });
            assertSame(broken, assertThrows(IllegalStateException.class, stream::hasNext));
        }
    }

    @Test
    void anInterruptEndsIt() throws Exception {
        server.hang();
        CompletableFuture<BursarException> thrown = new CompletableFuture<>();
        try (BursarClient client = server.client(8)) {
            Thread caller = new Thread(() -> thrown.complete(
                    assertThrows(BursarException.class, () -> client.streamTransfers(List.of(TRANSFER)).hasNext())));
            caller.start();
            server.awaitCall();
            caller.interrupt();
            assertEquals(BursarException.CANCELLED, thrown.get(5, TimeUnit.SECONDS).reason());
            assertTrue(server.awaitCancelled());
        }
    }

    @Test
    void closingTheClientEndsIt() {
        BursarClient client = server.client(8);
        server.cutStreamsAfter(0, Status.UNAVAILABLE);
        TransferStream stream = client.streamTransfers(List.of(TRANSFER));
        client.close();
        assertThrows(BursarException.class, stream::hasNext);
    }

    private static Iterator<NewTransfer> counting(AtomicInteger read) {
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return true;
            }

            @Override
            public NewTransfer next() {
                read.incrementAndGet();
                return TRANSFER;
            }
        };
    }
}
