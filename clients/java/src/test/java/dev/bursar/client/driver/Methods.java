package dev.bursar.client.driver;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.TypeRegistry;
import com.google.protobuf.util.JsonFormat;
import com.google.rpc.ErrorDetailsProto;
import dev.bursar.client.Calls;
import dev.bursar.client.Pages;
import dev.bursar.client.Pages.PageIterator;
import dev.bursar.client.ReplyStream;
import dev.bursar.client.Services;
import io.grpc.ServiceDescriptor;
import io.grpc.protobuf.ProtoFileDescriptorSupplier;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.Arrays;

/** Finds the client's own method of a name such as {@code bursar.ledger.v1.TransferService/CreateTransfer}. */
final class Methods {
    private static final TypeRegistry TYPES = types();
    private static final JsonFormat.Parser PARSER = JsonFormat.parser().usingTypeRegistry(TYPES);
    private static final JsonFormat.Printer PRINTER =
            JsonFormat.printer().usingTypeRegistry(TYPES).preservingProtoFieldNames().omittingInsignificantWhitespace();

    private Methods() {}

    static JsonObject call(Calls calls, Duration deadline, String name, JsonElement request) {
        Object reply = invoke(calls, deadline, name, "", request);
        if (reply instanceof ReplyStream<?> stream) {
            JsonArray replies = new JsonArray();
            try (stream) {
                stream.forEachRemaining(each -> replies.add(json((Message) each)));
            }
            JsonObject all = new JsonObject();
            all.add("replies", replies);
            return all;
        }
        return json((Message) reply);
    }

    static JsonObject pages(Calls calls, Duration deadline, String name, JsonElement request, int atMost) {
        Pages<?> pages = (Pages<?>) invoke(calls, deadline, name, "All", request);
        JsonArray items = new JsonArray();
        PageIterator<?> iterator = pages.iterator();
        while (items.size() < atMost && iterator.hasNext()) {
            items.add(json((Message) iterator.next()));
        }
        JsonObject all = new JsonObject();
        all.addProperty("count", String.valueOf(items.size()));
        all.addProperty("pages_read", String.valueOf(iterator.pagesRead()));
        all.add("items", items);
        return all;
    }

    private static Object invoke(Calls calls, Duration deadline, String name, String suffix, JsonElement request) {
        int slash = name.indexOf('/');
        String method = Character.toLowerCase(name.charAt(slash + 1)) + name.substring(slash + 2) + suffix;
        try {
            Class<?> type = Class.forName("dev." + name.substring(0, slash) + "Client");
            Object service = type.getConstructor(Calls.class)
                    .newInstance(deadline == null ? calls : calls.withDeadline(deadline));
            Method found = Arrays.stream(type.getMethods())
                    .filter(each -> each.getName().equals(method) && each.getParameterCount() == 1)
                    .findFirst().orElseThrow(() -> new Mismatch("the client has no method for " + name + suffix));
            Class<?> requestType = found.getParameterTypes()[0];
            Message.Builder builder = (Message.Builder) requestType.getMethod("newBuilder").invoke(null);
            return found.invoke(service, parse(request, builder));
        } catch (InvocationTargetException thrown) {
            if (thrown.getCause() instanceof RuntimeException failed) {
                throw failed;
            }
            throw new IllegalStateException(thrown.getCause());
        } catch (ReflectiveOperationException absent) {
            throw new Mismatch("the client has no method for " + name + ": " + absent);
        }
    }

    static Message parse(JsonElement json, Message.Builder builder) {
        try {
            PARSER.merge(json == null ? "{}" : json.toString(), builder);
            return builder.build();
        } catch (InvalidProtocolBufferException wrong) {
            throw new Mismatch("the request is no " + builder.getDescriptorForType().getName() + ": "
                    + wrong.getMessage());
        }
    }

    static JsonObject json(Message message) {
        try {
            return JsonParser.parseString(PRINTER.print(message)).getAsJsonObject();
        } catch (InvalidProtocolBufferException unknown) {
            throw new Mismatch("the reply cannot be shown as JSON: " + unknown.getMessage());
        }
    }

    /** Every message of every service, since GetOperation replies with any of them. */
    private static TypeRegistry types() {
        TypeRegistry.Builder types = TypeRegistry.newBuilder().add(ErrorDetailsProto.getDescriptor().getMessageTypes());
        for (ServiceDescriptor service : Services.all()) {
            types.add(((ProtoFileDescriptorSupplier) service.getSchemaDescriptor()).getFileDescriptor().getMessageTypes());
        }
        return types.build();
    }
}
