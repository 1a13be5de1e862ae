package dev.bursar.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConnectionTest {
    private static final String KEY = "bsr_test_secret";

    @TempDir
    private Path folder;

    private static String refused(BursarClient.Builder builder) {
        BursarException refused = assertThrows(BursarException.class, builder::connect);
        assertEquals(BursarException.INVALID_CONFIG, refused.reason());
        assertTrue(refused.definite());
        assertFalse(refused.toString().contains(KEY), refused.toString());
        return refused.getMessage();
    }

    private static BursarClient.Builder environment(String... pairs) {
        return BursarClient.builder().environment(pairs.length == 2
                ? Map.of(pairs[0], pairs[1])
                : Map.of(pairs[0], pairs[1], pairs[2], pairs[3]));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "not a url", "localhost:50051", "ftp://localhost", "http://", "http://localhost/path", "http://localhost?x=1",
        "http://localhost:99999", "http://user:password@localhost"
    })
    void wrongUrls(String url) {
        assertTrue(refused(environment("BURSAR_URL", url)).startsWith("BURSAR_URL"));
        String message = refused(BursarClient.builder().url(url));
        assertTrue(message.startsWith("url"), message);
        assertFalse(message.contains("password"), message);
    }

    @Test
    void nothingSet() {
        assertTrue(refused(BursarClient.builder()).contains("BURSAR_URL"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://localhost:50051", "https://localhost", "HTTPS://localhost:1/", "http://[::1]:50051"})
    void rightUrls(String url) {
        environment("BURSAR_URL", url, "BURSAR_API_KEY", KEY).connect().close();
    }

    @Test
    void keysThatCannotBeSent() {
        assertTrue(refused(environment("BURSAR_URL", "http://localhost", "BURSAR_API_KEY", KEY + "\n"))
                .startsWith("BURSAR_API_KEY"));
        assertTrue(refused(BursarClient.builder().url("http://localhost").apiKey(KEY + "é")).startsWith("apiKey"));
    }

    @Test
    void filesThatCannotBeUsed() throws IOException {
        Path noPem = Files.writeString(folder.resolve("no.pem"), "nothing");
        String absent = folder.resolve("absent.pem").toString();
        assertTrue(refused(environment("BURSAR_URL", "https://localhost", "BURSAR_CA_FILE", absent))
                .startsWith("BURSAR_CA_FILE: " + absent));
        assertTrue(refused(BursarClient.builder().url("https://localhost").caFile(noPem)).startsWith("caFile: "));
        assertTrue(refused(environment("BURSAR_URL", "https://localhost", "BURSAR_CLIENT_CERT_FILE", absent))
                .startsWith("BURSAR_CLIENT_CERT_FILE is set alone"));
        assertTrue(refused(environment("BURSAR_URL", "http://localhost", "BURSAR_CA_FILE", absent))
                .startsWith("BURSAR_CA_FILE is set, but BURSAR_URL is without TLS"));
    }

    @Test
    void numbersThatCannotBeUsed() {
        BursarException refused =
                assertThrows(BursarException.class, () -> BursarClient.builder().deadline(Duration.ZERO));
        assertEquals(BursarException.INVALID_CONFIG, refused.reason());
        assertThrows(BursarException.class, () -> BursarClient.builder().maxUnansweredTransfers(0));
    }

    @Test
    void theKeyIsShownNowhere() {
        BursarClient.Builder builder = BursarClient.builder().url("http://localhost:50051").apiKey(KEY);
        try (BursarClient client = builder.connect()) {
            assertEquals("BursarClient[http://localhost:50051]", client.toString());
            assertFalse(builder.toString().contains(KEY));
        }
    }
}
