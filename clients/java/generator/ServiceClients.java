import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.MethodDescriptorProto;
import com.google.protobuf.DescriptorProtos.ServiceDescriptorProto;
import com.google.protobuf.DescriptorProtos.SourceCodeInfo.Location;
import com.google.protobuf.compiler.PluginProtos.CodeGeneratorRequest;
import com.google.protobuf.compiler.PluginProtos.CodeGeneratorResponse;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Plugin of protoc that writes, beside grpc-java's own stubs, one class a service whose methods throw the client's
 * exception and whose lists can be iterated over; and one class a package that has more than one service.
 */
final class ServiceClients {
    private final Map<String, DescriptorProto> messages = new HashMap<>();
    private final Map<String, String> javaNames = new HashMap<>();
    private final CodeGeneratorResponse.Builder response = CodeGeneratorResponse.newBuilder()
            .setSupportedFeatures(CodeGeneratorResponse.Feature.FEATURE_PROTO3_OPTIONAL_VALUE);

    public static void main(String[] args) throws IOException {
        CodeGeneratorRequest request = CodeGeneratorRequest.parseFrom(System.in);
        new ServiceClients().generate(request).writeTo(System.out);
    }

    private CodeGeneratorResponse generate(CodeGeneratorRequest request) {
        for (FileDescriptorProto file : request.getProtoFileList()) {
            for (DescriptorProto message : file.getMessageTypeList()) {
                String name = "." + file.getPackage() + "." + message.getName();
                messages.put(name, message);
                javaNames.put(name, file.getOptions().getJavaPackage() + "." + message.getName());
            }
        }
        Map<String, List<ServiceDescriptorProto>> services = new LinkedHashMap<>();
        for (FileDescriptorProto file : request.getProtoFileList()) {
            if (!request.getFileToGenerateList().contains(file.getName())) {
                continue;
            }
            for (int i = 0; i < file.getServiceCount(); i++) {
                String javaPackage = file.getOptions().getJavaPackage();
                services.computeIfAbsent(javaPackage, key -> new ArrayList<>()).add(file.getService(i));
                add(javaPackage, file.getService(i).getName() + "Client", service(file, i));
            }
        }
        services.forEach((javaPackage, list) -> {
            if (list.size() > 1) {
                String[] parts = javaPackage.split("\\.");
                String domain = parts[parts.length - 2];
                add(javaPackage, capital(domain) + "Client", group(javaPackage, domain, list));
            }
        });
        return response.build();
    }

    private void add(String javaPackage, String name, String text) {
        response.addFileBuilder().setName(javaPackage.replace('.', '/') + "/" + name + ".java").setContent(text);
    }

    private String service(FileDescriptorProto file, int index) {
        ServiceDescriptorProto service = file.getService(index);
        String name = service.getName() + "Client";
        StringBuilder out = head(file.getOptions().getJavaPackage(), file.getName());
        out.append(doc("", comment(file, 6, index), ""));
        out.append("public final class ").append(name).append(" {\n")
                .append("    private final dev.bursar.client.Calls calls;\n\n")
                .append(doc("    ", "Made by {@link dev.bursar.client.BursarClient}.", "@param calls what carries the calls out"))
                .append("    public ").append(name).append("(dev.bursar.client.Calls calls) {\n")
                .append("        this.calls = calls;\n    }\n\n")
                .append(doc("    ", "The same service with another deadline.",
                        "@param deadline how long a call may take, with all its retries",
                        "@return a client of the same connection"))
                .append("    public ").append(name).append(" withDeadline(java.time.Duration deadline) {\n")
                .append("        return new ").append(name).append("(calls.withDeadline(deadline));\n    }\n");
        for (int i = 0; i < service.getMethodCount(); i++) {
            method(out, service, service.getMethod(i), comment(file, 6, index, 2, i));
        }
        return out.append("}\n").toString();
    }

    private void method(StringBuilder out, ServiceDescriptorProto service, MethodDescriptorProto method, String comment) {
        String name = Character.toLowerCase(method.getName().charAt(0)) + method.getName().substring(1);
        String in = javaNames.get(method.getInputType());
        String reply = javaNames.get(method.getOutputType());
        String descriptor = service.getName() + "Grpc.get" + method.getName() + "Method()";
        String thrown = "@throws dev.bursar.client.BursarException when the call fails";
        if (method.getClientStreaming()) {
            out.append('\n').append(doc("    ", comment, "@param replies takes the replies, and a {@code BursarException} when the call fails",
                    "@return takes the requests"));
            body(out, "io.grpc.stub.StreamObserver<" + in + "> " + name + "(io.grpc.stub.StreamObserver<" + reply + "> replies)",
                    "calls.bidirectional(" + descriptor + ", replies)");
        } else if (method.getServerStreaming()) {
            out.append('\n').append(doc("    ", comment, "@param request the request", "@return the replies, to be closed", thrown));
            body(out, "dev.bursar.client.ReplyStream<" + reply + "> " + name + "(" + in + " request)",
                    "calls.replies(" + descriptor + ", request)");
        } else {
            out.append('\n').append(doc("    ", comment, "@param request the request", "@return the reply", thrown));
            body(out, reply + " " + name + "(" + in + " request)", "calls.unary(" + descriptor + ", request)");
            out.append('\n').append(doc("    ", "{@link #" + name + "} without waiting.", "@param request the request",
                    "@return the reply, or a {@code BursarException}; cancelling it cancels the call"));
            body(out, "java.util.concurrent.CompletableFuture<" + reply + "> " + name + "Async(" + in + " request)",
                    "calls.unaryAsync(" + descriptor + ", request)");
            pages(out, name, method, descriptor);
        }
    }

    /** A method with page tokens, whose reply has one list of messages, can be iterated over. */
    private void pages(StringBuilder out, String name, MethodDescriptorProto method, String descriptor) {
        DescriptorProto request = messages.get(method.getInputType());
        DescriptorProto reply = messages.get(method.getOutputType());
        List<FieldDescriptorProto> lists = reply.getFieldList().stream()
                .filter(field -> field.getLabel() == FieldDescriptorProto.Label.LABEL_REPEATED).toList();
        if (!has(request, "page_token") || !has(reply, "next_page_token") || lists.size() != 1) {
            return;
        }
        String in = javaNames.get(method.getInputType());
        String out1 = javaNames.get(method.getOutputType());
        out.append('\n').append(doc("    ", "The items of all pages of {@link #" + name + "}, fetched as they are asked for.",
                "@param request the request of the first page", "@return the items"));
        body(out, "dev.bursar.client.Pages<" + javaNames.get(lists.get(0).getTypeName()) + "> " + name + "All(" + in + " request)",
                "calls.pages(" + descriptor + ",\n                token -> request.toBuilder().setPageToken(token).build(), request.getPageToken(),\n"
                + "                " + out1 + "::get" + camel(lists.get(0).getName()) + "List, " + out1 + "::getNextPageToken)");
    }

    private String group(String javaPackage, String domain, List<ServiceDescriptorProto> services) {
        String name = capital(domain) + "Client";
        StringBuilder out = head(javaPackage, "the services of " + javaPackage);
        out.append(doc("", "The " + domain + " services.", "")).append("public final class ").append(name).append(" {\n")
                .append("    private final dev.bursar.client.Calls calls;\n\n")
                .append(doc("    ", "Made by {@link dev.bursar.client.BursarClient}.", "@param calls what carries the calls out"))
                .append("    public ").append(name).append("(dev.bursar.client.Calls calls) {\n        this.calls = calls;\n    }\n");
        for (ServiceDescriptorProto service : services) {
            out.append('\n').append(doc("    ", "{@link " + service.getName() + "Client}.", "@return the service"));
            body(out, service.getName() + "Client " + accessor(service) + "()", "new " + service.getName() + "Client(calls)");
        }
        return out.append("}\n").toString();
    }

    /** `transfers` of TransferService: plural when the service lists such things. */
    private static String accessor(ServiceDescriptorProto service) {
        String noun = service.getName().replaceFirst("Service$", "");
        String plural = noun.endsWith("y") ? noun.substring(0, noun.length() - 1) + "ies" : noun + "s";
        boolean lists = service.getMethodList().stream()
                .anyMatch(method -> method.getName().startsWith("List") && method.getName().endsWith(plural));
        String name = lists ? plural : noun;
        return Character.toLowerCase(name.charAt(0)) + name.substring(1);
    }

    private static StringBuilder head(String javaPackage, String source) {
        return new StringBuilder("// Generated from " + source + " by clients/java/generator.\npackage " + javaPackage + ";\n\n");
    }

    private static void body(StringBuilder out, String signature, String expression) {
        out.append("    public ").append(signature).append(" {\n        return ").append(expression).append(";\n    }\n");
    }

    private static boolean has(DescriptorProto message, String field) {
        return message.getFieldList().stream().anyMatch(each -> each.getName().equals(field));
    }

    private static String capital(String word) {
        return Character.toUpperCase(word.charAt(0)) + word.substring(1);
    }

    private static String camel(String name) {
        StringBuilder out = new StringBuilder();
        for (String part : name.split("_")) {
            out.append(capital(part));
        }
        return out.toString();
    }

    /** The proto's comment on what stands at a path of the file, as HTML. */
    private static String comment(FileDescriptorProto file, Integer... path) {
        for (Location location : file.getSourceCodeInfo().getLocationList()) {
            if (location.getPathList().equals(List.of(path))) {
                return location.getLeadingComments().strip().replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
                        .replace("@", "&#64;").replace("*/", "*&#47;").replaceAll("`([^`{}]*)`", "<code>$1</code>");
            }
        }
        return "";
    }

    private static String doc(String indent, String text, String... tags) {
        StringBuilder out = new StringBuilder(indent).append("/**\n");
        for (String line : text.split("\n")) {
            out.append((indent + " * " + (line.isBlank() ? "<p>" : line.strip())).stripTrailing()).append('\n');
        }
        boolean first = true;
        for (String tag : tags) {
            if (!tag.isEmpty()) {
                out.append(first ? indent + " *\n" : "").append(indent).append(" * ").append(tag).append('\n');
                first = false;
            }
        }
        return out.append(indent).append(" */\n").toString();
    }
}
