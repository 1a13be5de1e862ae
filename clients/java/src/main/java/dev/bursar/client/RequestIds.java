package dev.bursar.client;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import dev.bursar.options.v1.MethodRule;
import dev.bursar.options.v1.OptionsProto;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.protobuf.ProtoMethodDescriptorSupplier;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Gives every change an id before it is first sent, in a copy of the request, and tells a failure what was sent: the
 * trailers are the only thing that reaches the caller of a plain stub.
 */
final class RequestIds implements ClientInterceptor {
    /** In the trailers of a failed change: the id that GetOperation takes. */
    static final Metadata.Key<String> SENT_ID =
            Metadata.Key.of("bursar-client-request-id", Metadata.ASCII_STRING_MARSHALLER);
    /** In the trailers of a failed call that changes nothing. */
    static final Metadata.Key<String> READ_ONLY =
            Metadata.Key.of("bursar-client-read-only", Metadata.ASCII_STRING_MARSHALLER);

    private static final String TRANSFERS = "bursar.ledger.v1.TransferService";
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final Map<String, Rule> RULES = new ConcurrentHashMap<>();

    /**
     * Where the id of a method's request is.
     *
     * @param mutates whether the method changes something
     * @param own the id in the request itself, or null
     * @param holders the messages in the request that have ids of their own
     */
    record Rule(boolean mutates, FieldDescriptor own, List<FieldDescriptor> holders) {}

    static Rule rule(MethodDescriptor<?, ?> method) {
        // Not computeIfAbsent: it is called for each call, and would lock.
        Rule known = RULES.get(method.getFullMethodName());
        if (known == null) {
            known = read(method);
            RULES.put(method.getFullMethodName(), known);
        }
        return known;
    }

    private static Rule read(MethodDescriptor<?, ?> method) {
        if (!(method.getSchemaDescriptor() instanceof ProtoMethodDescriptorSupplier supplier)) {
            return new Rule(false, null, List.of());
        }
        MethodRule option = supplier.getMethodDescriptor().getOptions().getExtension(OptionsProto.rule);
        Descriptor request = supplier.getMethodDescriptor().getInputType();
        FieldDescriptor own = request.findFieldByName("request_id");
        List<FieldDescriptor> holders = new ArrayList<>();
        // A transfer's own id is its request id.
        if (own == null && TRANSFERS.equals(method.getServiceName())) {
            own = request.findFieldByName("id");
            for (FieldDescriptor field : request.getFields()) {
                if (own == null && field.getJavaType() == FieldDescriptor.JavaType.MESSAGE
                        && field.getMessageType().findFieldByName("id") != null) {
                    holders.add(field);
                }
            }
        }
        return option.getMutates() ? new Rule(true, own, holders) : new Rule(false, null, List.of());
    }

    /** The request itself when it has all its ids, otherwise a copy that has. */
    static Message fill(Rule rule, Message request) {
        Message filled = rule.own == null ? request : fillField(request, rule.own);
        for (FieldDescriptor holder : rule.holders) {
            filled = fillHolder(filled, holder);
        }
        return filled;
    }

    private static Message fillHolder(Message request, FieldDescriptor holder) {
        FieldDescriptor id = holder.getMessageType().findFieldByName("id");
        if (!holder.isRepeated()) {
            Message inner = (Message) request.getField(holder);
            Message filled = request.hasField(holder) ? fillField(inner, id) : inner;
            return filled == inner ? request : request.toBuilder().setField(holder, filled).build();
        }
        Message.Builder copy = null;
        for (int i = 0; i < request.getRepeatedFieldCount(holder); i++) {
            Message inner = (Message) request.getRepeatedField(holder, i);
            Message filled = fillField(inner, id);
            if (filled != inner) {
                copy = copy == null ? request.toBuilder() : copy;
                copy.setRepeatedField(holder, i, filled);
            }
        }
        return copy == null ? request : copy.build();
    }

    private static Message fillField(Message message, FieldDescriptor id) {
        return ((String) message.getField(id)).isEmpty()
                ? message.toBuilder().setField(id, next()).build()
                : message;
    }

    /** The id that GetOperation takes: of several transfers that of the first, since they commit together. */
    static String idOf(Rule rule, Message request) {
        if (rule.own != null) {
            return (String) request.getField(rule.own);
        }
        for (FieldDescriptor holder : rule.holders) {
            FieldDescriptor id = holder.getMessageType().findFieldByName("id");
            if (!holder.isRepeated()) {
                return (String) ((Message) request.getField(holder)).getField(id);
            }
            if (request.getRepeatedFieldCount(holder) > 0) {
                return (String) ((Message) request.getRepeatedField(holder, 0)).getField(id);
            }
        }
        return "";
    }

    /** A UUID of version 7. */
    static String next() {
        byte[] random = new byte[10];
        RANDOM.nextBytes(random);
        long high = System.currentTimeMillis() << 16 | 0x7000 | (random[0] & 0x0f) << 8 | random[1] & 0xff;
        long low = 0;
        for (int i = 2; i < random.length; i++) {
            low = low << 8 | random[i] & 0xff;
        }
        return new UUID(high, low & 0x3fff_ffff_ffff_ffffL | 0x8000_0000_0000_0000L).toString();
    }

    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
        Rule rule = rule(method);
        return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
            private volatile String sent = "";

            @Override
            public void start(Listener<R> listener, Metadata headers) {
                super.start(new SimpleForwardingClientCallListener<>(listener) {
                    @Override
                    public void onClose(Status status, Metadata trailers) {
                        trailers.discardAll(SENT_ID);
                        trailers.discardAll(READ_ONLY);
                        if (!status.isOk() && rule.mutates && !sent.isEmpty()) {
                            trailers.put(SENT_ID, sent);
                        } else if (!status.isOk() && !rule.mutates) {
                            trailers.put(READ_ONLY, "true");
                        }
                        super.onClose(status, trailers);
                    }
                }, headers);
            }

            @Override
            @SuppressWarnings("unchecked") // A copy of a request is of the request's class.
            public void sendMessage(Q request) {
                if (rule.mutates && request instanceof Message message) {
                    Message filled = fill(rule, message);
                    // What is refused for not being ASCII text, the server refuses better.
                    sent = idOf(rule, filled).replaceAll("[^ -~]", "?");
                    super.sendMessage((Q) filled);
                } else {
                    super.sendMessage(request);
                }
            }
        };
    }
}
