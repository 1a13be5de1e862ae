package dev.bursar.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class BursarClientTest {
    @Test
    void everyServiceIsReachable() throws IOException {
        Set<String> generated = new TreeSet<>();
        try (Stream<Path> files = Files.walk(Path.of("src/main/generated/messages"))) {
            files.map(file -> file.getFileName().toString()).filter(name -> name.endsWith("ServiceGrpc.java"))
                    .forEach(generated::add);
        }
        Set<String> reachable = new TreeSet<>();
        Services.all().forEach(service -> reachable.add(service.getName().replaceFirst(".*\\.", "") + "Grpc.java"));
        assertEquals(generated, reachable);
        // Two domains have an AssetService.
        assertTrue(Services.all().size() > generated.size());
    }

    @Test
    void theVersionIsThePoms() throws IOException {
        String pom = Files.readString(Path.of("pom.xml"));
        assertTrue(Pattern.compile("<artifactId>bursar-client</artifactId>\\s*<version>"
                + Pattern.quote(BursarClient.VERSION) + "</version>").matcher(pom).find());
    }
}
