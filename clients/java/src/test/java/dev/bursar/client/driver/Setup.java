package dev.bursar.client.driver;

import com.google.gson.JsonObject;
import dev.bursar.client.BursarClient;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The servers and keys of a run, and a client for each combination that was asked for. */
final class Setup implements AutoCloseable {
    private static final Set<String> WITH_CA = Set.of("tls", "mtls", "mtls_no_cert", "tls_to_plain");

    private final JsonObject setup;
    private final Map<String, BursarClient> clients = new ConcurrentHashMap<>();

    Setup(JsonObject setup) {
        this.setup = setup;
    }

    String tenant() {
        return text("tenant");
    }

    String url(String at) {
        JsonObject urls = setup.getAsJsonObject("urls");
        if (urls.has(at)) {
            return urls.get(at).getAsString();
        }
        return switch (at) {
            case "plain_to_tls" -> url("tls").replaceFirst("^https", "http");
            case "tls_to_plain" -> url("plain").replaceFirst("^http", "https");
            case "tls_untrusted" -> url("tls");
            case "mtls_no_cert" -> url("mtls");
            case "not_a_url" -> "not a url";
            default -> throw new Mismatch("setup.json has no URL " + at);
        };
    }

    String key(String as) {
        if (as.equals("none")) {
            return "";
        }
        JsonObject keys = setup.getAsJsonObject("keys");
        if (!keys.has(as)) {
            throw new Mismatch("setup.json has no key " + as);
        }
        return keys.get(as).getAsString();
    }

    BursarClient client(String as, String at, boolean retries) {
        return clients.computeIfAbsent(as + " " + at + " " + retries, key -> {
            BursarClient.Builder builder = BursarClient.builder().url(url(at)).apiKey(key(as));
            if (!retries) {
                builder.maxAttempts(1);
            }
            if (WITH_CA.contains(at)) {
                builder.caFile(Path.of(text("ca_file")));
            }
            if (at.equals("mtls")) {
                builder.clientCertificate(Path.of(text("client_cert_file")), Path.of(text("client_key_file")));
            }
            return builder.connect();
        });
    }

    private String text(String name) {
        return setup.has(name) ? setup.get(name).getAsString() : "";
    }

    @Override
    public void close() {
        clients.values().forEach(BursarClient::close);
    }
}
