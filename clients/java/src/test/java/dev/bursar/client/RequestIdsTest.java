package dev.bursar.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.Descriptors.FieldDescriptor;
import dev.bursar.ledger.v1.AccountServiceGrpc;
import dev.bursar.ledger.v1.BatchCreateTransfersRequest;
import dev.bursar.ledger.v1.CreateAccountRequest;
import dev.bursar.ledger.v1.CreateTransferRequest;
import dev.bursar.ledger.v1.NewTransfer;
import dev.bursar.ledger.v1.PostLeg;
import dev.bursar.ledger.v1.PostTransferRequest;
import dev.bursar.ledger.v1.PostTransfersRequest;
import dev.bursar.ledger.v1.TransferServiceGrpc;
import dev.bursar.operation.v1.GetOperationRequest;
import dev.bursar.operation.v1.OperationServiceGrpc;
import io.grpc.MethodDescriptor;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class RequestIdsTest {
    private static final String ID = "0192f0c1-0000-7000-8000-000000000001";

    @SuppressWarnings("unchecked")
    private static <Q extends com.google.protobuf.Message> Q fill(MethodDescriptor<Q, ?> method, Q request) {
        return (Q) RequestIds.fill(RequestIds.rule(method), request);
    }

    @Test
    void versionSeven() {
        Set<String> seen = new HashSet<>();
        String before = "";
        for (int i = 0; i < 1_000; i++) {
            String id = RequestIds.next();
            UUID uuid = UUID.fromString(id);
            assertEquals(7, uuid.version());
            assertEquals(2, uuid.variant());
            assertTrue(Math.abs((uuid.getMostSignificantBits() >>> 16) - System.currentTimeMillis()) < 10_000);
            assertTrue(seen.add(id));
            assertTrue(before.isEmpty() || before.substring(0, 13).compareTo(id.substring(0, 13)) <= 0);
            before = id;
        }
    }

    @Test
    void theRequestsOwnId() {
        CreateAccountRequest empty = CreateAccountRequest.getDefaultInstance();
        CreateAccountRequest filled = fill(AccountServiceGrpc.getCreateAccountMethod(), empty);
        assertFalse(filled.getRequestId().isEmpty());
        assertTrue(empty.getRequestId().isEmpty());
        assertTrue(filled.getAccount().getId().isEmpty());
        assertSame(filled, fill(AccountServiceGrpc.getCreateAccountMethod(), filled));
    }

    @Test
    void transfersAreKnownByTheirIds() {
        NewTransfer transfer = NewTransfer.newBuilder().setCode("x").build();
        CreateTransferRequest one = fill(TransferServiceGrpc.getCreateTransferMethod(),
                CreateTransferRequest.newBuilder().setTransfer(transfer).build());
        assertFalse(one.getTransfer().getId().isEmpty());
        BatchCreateTransfersRequest many = fill(TransferServiceGrpc.getBatchCreateTransfersMethod(),
                BatchCreateTransfersRequest.newBuilder().addTransfers(transfer).addTransfers(transfer)
                        .addTransfers(transfer.toBuilder().setId(ID)).build());
        assertFalse(many.getTransfers(0).getId().isEmpty());
        assertNotEquals(many.getTransfers(0).getId(), many.getTransfers(1).getId());
        assertEquals(ID, many.getTransfers(2).getId());
        PostTransferRequest post = fill(TransferServiceGrpc.getPostTransferMethod(),
                PostTransferRequest.newBuilder().setPendingId(ID).build());
        assertFalse(post.getId().isEmpty());
        PostTransfersRequest legs = fill(TransferServiceGrpc.getPostTransfersMethod(), PostTransfersRequest.newBuilder()
                .setGroupId(ID).addLegs(PostLeg.newBuilder().setPendingId(ID)).build());
        assertFalse(legs.getLegs(0).getId().isEmpty());
        assertEquals(legs.getLegs(0).getId(),
                RequestIds.idOf(RequestIds.rule(TransferServiceGrpc.getPostTransfersMethod()), legs));
    }

    @Test
    void whatAsksAboutAnIdGetsNone() {
        GetOperationRequest request = GetOperationRequest.getDefaultInstance();
        assertSame(request, fill(OperationServiceGrpc.getGetOperationMethod(), request));
    }

    /** A change of a domain that comes later must not go without an id unnoticed. */
    @Test
    void everyChangeHasAnId() {
        // Looking an operation up is repeatable as it is; fills are known by the venue's own ids.
        Set<String> without = Set.of("bursar.operation.v1.OperationService/GetOperation",
                "bursar.trading.v1.ExecutionService/StreamRecord");
        List<MethodDescriptor<?, ?>> changes = Services.methods().stream()
                .filter(method -> RequestIds.rule(method).mutates()).toList();
        assertTrue(changes.size() > 30, changes.size() + " changes");
        for (MethodDescriptor<?, ?> method : changes) {
            RequestIds.Rule rule = RequestIds.rule(method);
            boolean has = rule.own() != null || !rule.holders().isEmpty();
            assertEquals(!without.contains(method.getFullMethodName()), has, method.getFullMethodName());
            assertTrue(rule.own() == null || rule.own().getType() == FieldDescriptor.Type.STRING);
        }
    }
}
