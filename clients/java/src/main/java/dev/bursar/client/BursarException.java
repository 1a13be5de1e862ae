package dev.bursar.client;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.ResourceInfo;
import com.google.rpc.RetryInfo;
import dev.bursar.errors.v1.ErrorReason;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;

/**
 * What every failed call throws: a refusal of the server, or a failure on the way to it.
 *
 * <p>Tell failures apart by {@link #reason()}, not by the message.
 */
public final class BursarException extends RuntimeException {
    /** Reason when there is no connection to the server, or it ended before the reply. */
    public static final String UNREACHABLE = "UNREACHABLE";
    /** Reason when the deadline passed, on either side. */
    public static final String DEADLINE_EXCEEDED = "DEADLINE_EXCEEDED";
    /** Reason when the caller cancelled the call. */
    public static final String CANCELLED = "CANCELLED";
    /** Reason of a number that is not an exact decimal within the limits. */
    public static final String INVALID_DECIMAL = "INVALID_DECIMAL";
    /** Reason of a URL, a file or a key that cannot be used. */
    public static final String INVALID_CONFIG = "INVALID_CONFIG";

    private static final long serialVersionUID = 1L;
    private static final String REASON_PREFIX = "ERROR_REASON_";

    /**
     * One field of the request that was refused.
     *
     * @param field its path, such as {@code transfer.amount}
     * @param description what would be right
     */
    public record FieldViolation(String field, String description) {}

    /**
     * The resource that the failure is about.
     *
     * @param type what it is
     * @param name its id
     */
    public record Resource(String type, String name) {}

    /** The code of gRPC. */
    private final Status.Code code;
    /** Why, as one word. */
    private final String reason;
    /** Whether nothing was changed. */
    private final boolean definite;
    private final transient Duration retryAfter;
    private final transient List<FieldViolation> fieldViolations;
    private final transient Resource resource;
    private final transient Map<String, String> metadata;
    /** What GetOperation takes. */
    private final String requestId;

    private BursarException(Status.Code code, String message, String reason, boolean definite, String requestId,
            Details details, Throwable cause) {
        super(message, cause);
        this.code = code;
        this.reason = reason;
        this.definite = definite;
        this.requestId = requestId;
        this.retryAfter = details.retryAfter;
        this.fieldViolations = details.fieldViolations;
        this.resource = details.resource;
        this.metadata = details.metadata;
    }

    /**
     * The failure that a stub of grpc-java or a future reports.
     *
     * @param thrown what it threw
     * @return itself when it is one already, otherwise one made from the status that it, or one of its causes, holds
     */
    public static BursarException from(Throwable thrown) {
        for (Throwable each = thrown; each != null; each = each.getCause()) {
            if (each instanceof BursarException known) {
                return known;
            }
            if (each instanceof StatusRuntimeException status) {
                return from(status.getStatus(), status.getTrailers(), thrown);
            }
            if (each instanceof StatusException status) {
                return from(status.getStatus(), status.getTrailers(), thrown);
            }
            if (each instanceof CancellationException) {
                return from(Status.CANCELLED.withDescription("the caller cancelled the call"), null, thrown);
            }
        }
        return from(Status.UNKNOWN.withDescription(String.valueOf(thrown)), null, thrown);
    }

    /**
     * The failure that a reply holds, such as the one of a transfer of a batch.
     *
     * @param status the error of a {@code TransferResult}
     * @return the same as an exception, to be looked at or thrown
     */
    public static BursarException from(com.google.rpc.Status status) {
        Details details = Details.of(status.getDetailsList());
        Status.Code code = Status.fromCodeValue(status.getCode()).getCode();
        String reason = details.reason.isEmpty() ? clientReason(code) : details.reason;
        return new BursarException(code, status.getMessage(), reason, details.definite, "", details, null);
    }

    static BursarException from(Status status, Metadata trailers, Throwable cause) {
        Metadata read = trailers == null ? new Metadata() : trailers;
        Details details = Details.of(status, read);
        String requestId = Optional.ofNullable(read.get(RequestIds.SENT_ID)).orElse("");
        // The server knows; without its word only a call that changes nothing has certainly changed nothing.
        boolean readOnly = read.containsKey(RequestIds.READ_ONLY);
        boolean definite = details.reason.isEmpty()
                ? readOnly
                : details.definite && (readOnly || !read.containsKey(Retries.IN_DOUBT));
        String reason = details.reason.isEmpty() ? clientReason(status.getCode()) : details.reason;
        String message = status.getDescription() == null ? status.getCode().toString() : status.getDescription();
        return new BursarException(status.getCode(), message, reason, definite, requestId, details, cause);
    }

    static BursarException invalid(String reason, String message, Throwable cause) {
        return new BursarException(Status.Code.INVALID_ARGUMENT, message, reason, true, "", Details.NONE, cause);
    }

    /** The same about one transfer of a stream; in doubt: it was sent before, on a connection that ended. */
    BursarException about(String id, boolean inDoubt) {
        Details details = new Details("", false, retryAfter, fieldViolations, resource, metadata);
        boolean stillDefinite = definite && (!inDoubt || Retries.settles(code));
        return new BursarException(code, getMessage(), reason, stillDefinite, id, details, getCause());
    }

    private static String clientReason(Status.Code code) {
        return code == Status.Code.UNAVAILABLE ? UNREACHABLE : code.name();
    }

    /**
     * The code of gRPC.
     *
     * @return the code
     */
    public Status.Code code() {
        return code;
    }

    /**
     * Why, as one word: the name of an {@link ErrorReason} without its prefix, such as {@code LIMIT_EXCEEDED}; a word
     * of a newer server, as it was sent; or a constant of this class for what never came from a server.
     *
     * @return the reason
     */
    public String reason() {
        return reason;
    }

    /**
     * Why, for a {@code switch}.
     *
     * @return the reason, or {@code ERROR_REASON_UNSPECIFIED} when this version of the client has no such value
     */
    public ErrorReason errorReason() {
        try {
            return ErrorReason.valueOf(REASON_PREFIX + reason);
        } catch (IllegalArgumentException unknown) {
            return ErrorReason.ERROR_REASON_UNSPECIFIED;
        }
    }

    /**
     * Whether the change certainly did not happen. Otherwise {@code GetOperation} with {@link #requestId()} tells.
     *
     * @return whether nothing was changed
     */
    public boolean definite() {
        return definite;
    }

    /**
     * Whether sending the same request again, with the same ids, may succeed.
     *
     * @return whether a later try makes sense
     */
    public boolean retryable() {
        return code == Status.Code.UNAVAILABLE || code == Status.Code.RESOURCE_EXHAUSTED && retryAfter != null;
    }

    /**
     * How long the server asks to wait before the next try.
     *
     * @return the delay, if it named one
     */
    public Optional<Duration> retryAfter() {
        return Optional.ofNullable(retryAfter);
    }

    /**
     * The fields that were refused.
     *
     * @return each with what would be right
     */
    public List<FieldViolation> fieldViolations() {
        return fieldViolations == null ? List.of() : fieldViolations;
    }

    /**
     * The resource that is absent, there already, or changed.
     *
     * @return the resource, if the failure is about one
     */
    public Optional<Resource> resource() {
        return Optional.ofNullable(resource);
    }

    /**
     * What else the server says; each reason documents its keys.
     *
     * @return the values by their keys
     */
    public Map<String, String> metadata() {
        return metadata == null ? Map.of() : metadata;
    }

    /**
     * The id that {@code GetOperation} takes.
     *
     * @return the id, empty when the call changes nothing
     */
    public String requestId() {
        return requestId;
    }

    @Override
    public String toString() {
        return getClass().getName() + ": " + reason + " (" + code + "): " + getMessage();
    }

    /** What the google.rpc messages of an error say. */
    record Details(String reason, boolean definite, Duration retryAfter, List<FieldViolation> fieldViolations,
            Resource resource, Map<String, String> metadata) {
        static final Details NONE = of(List.of());

        static Details of(Status status, Metadata trailers) {
            try {
                com.google.rpc.Status found = StatusProto.fromStatusAndTrailers(status, trailers);
                return of(found.getDetailsList());
            } catch (IllegalArgumentException notOurs) {
                return NONE;
            }
        }

        static Details of(List<Any> details) {
            String reason = "";
            boolean definite = false;
            Duration retryAfter = null;
            List<FieldViolation> fields = List.of();
            Resource resource = null;
            Map<String, String> metadata = Map.of();
            for (Any any : details) {
                try {
                    if (any.is(ErrorInfo.class)) {
                        ErrorInfo info = any.unpack(ErrorInfo.class);
                        reason = info.getReason().replaceFirst("^" + REASON_PREFIX, "");
                        metadata = Map.copyOf(info.getMetadataMap());
                        definite = "true".equals(metadata.get("definite"));
                    } else if (any.is(RetryInfo.class)) {
                        com.google.protobuf.Duration delay = any.unpack(RetryInfo.class).getRetryDelay();
                        retryAfter = Duration.ofSeconds(delay.getSeconds(), delay.getNanos());
                    } else if (any.is(BadRequest.class)) {
                        fields = any.unpack(BadRequest.class).getFieldViolationsList().stream()
                                .map(each -> new FieldViolation(each.getField(), each.getDescription())).toList();
                    } else if (any.is(ResourceInfo.class)) {
                        ResourceInfo info = any.unpack(ResourceInfo.class);
                        resource = new Resource(info.getResourceType(), info.getResourceName());
                    }
                } catch (InvalidProtocolBufferException unreadable) {
                    // A detail that cannot be read says nothing; the others, and the code, still do.
                    continue;
                }
            }
            return new Details(reason, definite, retryAfter, fields, resource, metadata);
        }
    }
}
