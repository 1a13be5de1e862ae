package dev.bursar.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.ResourceInfo;
import com.google.rpc.RetryInfo;
import com.google.rpc.Status;
import dev.bursar.errors.v1.ErrorReason;
import io.grpc.Metadata;
import io.grpc.Status.Code;
import io.grpc.protobuf.StatusProto;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

class BursarExceptionTest {
    private static Status.Builder status(Code code, String reason, String definite) {
        return Status.newBuilder().setCode(code.value()).setMessage("why").addDetails(Any.pack(ErrorInfo.newBuilder()
                .setReason(reason).setDomain("bursar.dev").putMetadata("definite", definite).build()));
    }

    @Test
    void everythingTheServerSays() {
        Status status = status(Code.UNAVAILABLE, "ERROR_REASON_CONTENTION", "true")
                .addDetails(Any.pack(RetryInfo.newBuilder()
                        .setRetryDelay(com.google.protobuf.Duration.newBuilder().setNanos(50_000_000)).build()))
                .addDetails(Any.pack(BadRequest.newBuilder().addFieldViolations(
                        BadRequest.FieldViolation.newBuilder().setField("a.b").setDescription("is x")).build()))
                .addDetails(Any.pack(ResourceInfo.newBuilder().setResourceType("account").setResourceName("7").build()))
                .build();
        BursarException error =
                BursarException.from(new CompletionException(StatusProto.toStatusRuntimeException(status)));
        assertEquals(Code.UNAVAILABLE, error.code());
        assertEquals("CONTENTION", error.reason());
        assertEquals(ErrorReason.ERROR_REASON_CONTENTION, error.errorReason());
        assertEquals("why", error.getMessage());
        assertTrue(error.definite() && error.retryable());
        assertEquals(Optional.of(Duration.ofMillis(50)), error.retryAfter());
        assertEquals(List.of(new BursarException.FieldViolation("a.b", "is x")), error.fieldViolations());
        assertEquals(Optional.of(new BursarException.Resource("account", "7")), error.resource());
        assertEquals("true", error.metadata().get("definite"));
    }

    @Test
    void aNewerServersReasonStaysReadable() {
        BursarException error =
                BursarException.from(status(Code.FAILED_PRECONDITION, "ERROR_REASON_MOON_PHASE", "false").build());
        assertEquals("MOON_PHASE", error.reason());
        assertEquals(ErrorReason.ERROR_REASON_UNSPECIFIED, error.errorReason());
        assertFalse(error.definite() || error.retryable());
    }

    @Test
    void theClientsOwnReasons() {
        assertEquals(BursarException.UNREACHABLE, reason(Code.UNAVAILABLE));
        assertEquals(BursarException.DEADLINE_EXCEEDED, reason(Code.DEADLINE_EXCEEDED));
        assertEquals(BursarException.CANCELLED, reason(Code.CANCELLED));
        assertEquals(BursarException.CANCELLED, BursarException.from(new CancellationException()).reason());
        assertEquals("UNKNOWN", BursarException.from(new IllegalStateException("x")).reason());
        assertFalse(BursarException.from(io.grpc.Status.UNAVAILABLE.asRuntimeException()).definite());
    }

    private static String reason(Code code) {
        return BursarException.from(code.toStatus().asRuntimeException()).reason();
    }

    @Test
    void itselfStaysItself() {
        BursarException error = BursarException.from(io.grpc.Status.UNAVAILABLE.asRuntimeException());
        assertSame(error, BursarException.from(new CompletionException(error)));
    }

    @Test
    void brokenDetailsSayNothing() {
        Metadata trailers = new Metadata();
        trailers.put(Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER), new byte[] {-1, -1});
        assertEquals("NOT_FOUND", BursarException.from(io.grpc.Status.NOT_FOUND.asRuntimeException(trailers)).reason());
        Status unreadable = Status.newBuilder().setCode(Code.NOT_FOUND.value()).addDetails(Any.newBuilder()
                .setTypeUrl("type.googleapis.com/google.rpc.ErrorInfo").setValue(ByteString.copyFrom(new byte[] {-1})))
                .build();
        assertEquals("NOT_FOUND", BursarException.from(unreadable).reason());
    }

    @Test
    void exhaustedIsWorthATryOnlyAfterADelay() {
        assertFalse(BursarException.from(status(Code.RESOURCE_EXHAUSTED, "ERROR_REASON_QUOTA_REACHED", "true").build())
                .retryable());
    }
}
