package dev.bursar.client;

import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** The services that can be reached from {@link BursarClient}, so that no list of them can fall behind. */
public final class Services {
    private Services() {}

    /**
     * Their descriptors.
     *
     * @return each once
     */
    public static List<ServiceDescriptor> all() {
        return clients(BursarClient.class).map(Services::descriptor).toList();
    }

    static List<MethodDescriptor<?, ?>> methods() {
        return all().stream().<MethodDescriptor<?, ?>>flatMap(service -> service.getMethods().stream()).toList();
    }

    private static Stream<Class<?>> clients(Class<?> from) {
        return Arrays.stream(from.getDeclaredMethods()).filter(each -> each.getParameterCount() == 0)
                .<Class<?>>map(Method::getReturnType)
                .filter(type -> type.getName().matches("dev\\.bursar\\.\\w+\\.v1\\.\\w+Client"))
                .flatMap(type -> type.getName().endsWith("ServiceClient") ? Stream.of(type) : clients(type));
    }

    private static ServiceDescriptor descriptor(Class<?> client) {
        try {
            Class<?> grpc = Class.forName(client.getName().replaceFirst("Client$", "Grpc"));
            return (ServiceDescriptor) grpc.getMethod("getServiceDescriptor").invoke(null);
        } catch (ReflectiveOperationException absent) {
            throw new IllegalStateException(absent);
        }
    }
}
