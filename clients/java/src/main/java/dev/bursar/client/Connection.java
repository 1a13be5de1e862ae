package dev.bursar.client;

import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.TlsChannelCredentials;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Where and how to connect. Each setting knows the name it came by, since that is what its owner has to correct. */
final class Connection {
    private static final long KEEPALIVE_SECONDS = 30;
    private static final long KEEPALIVE_TIMEOUT_SECONDS = 10;

    private record File(Path path, String name) {}

    private String url = "";
    private String urlName = "BURSAR_URL or url";
    private String apiKey = "";
    private String apiKeyName = "";
    private File ca;
    private File certificate;
    private File key;

    void environment(Map<String, String> variables) {
        String found = variables.getOrDefault("BURSAR_URL", "");
        if (!found.isEmpty()) {
            url(found, "BURSAR_URL");
        }
        found = variables.getOrDefault("BURSAR_API_KEY", "");
        if (!found.isEmpty()) {
            apiKey(found, "BURSAR_API_KEY");
        }
        found = variables.getOrDefault("BURSAR_CA_FILE", "");
        if (!found.isEmpty()) {
            caFile(Path.of(found), "BURSAR_CA_FILE");
        }
        found = variables.getOrDefault("BURSAR_CLIENT_CERT_FILE", "");
        if (!found.isEmpty()) {
            certificateFile(Path.of(found), "BURSAR_CLIENT_CERT_FILE");
        }
        found = variables.getOrDefault("BURSAR_CLIENT_KEY_FILE", "");
        if (!found.isEmpty()) {
            keyFile(Path.of(found), "BURSAR_CLIENT_KEY_FILE");
        }
    }

    void url(String value, String name) {
        url = value;
        urlName = name;
    }

    void apiKey(String value, String name) {
        apiKey = value;
        apiKeyName = name;
    }

    void caFile(Path path, String name) {
        ca = new File(path, name);
    }

    void certificateFile(Path path, String name) {
        certificate = new File(path, name);
    }

    void keyFile(Path path, String name) {
        key = new File(path, name);
    }

    /** The URL to show: nobody is to find a password in a log. */
    String url() {
        return url.contains("@") ? "hidden, since it holds @" : url;
    }

    String apiKey() {
        return apiKey;
    }

    ManagedChannel open(String userAgent) {
        // The key's text is in no message: it is a secret.
        if (!apiKey.chars().allMatch(each -> each > ' ' && each < 0x7f)) {
            throw refuse(apiKeyName + " is no API key: it holds white space or what is not ASCII", null);
        }
        URI uri = uri();
        boolean tls = uri.getScheme().equalsIgnoreCase("https");
        int port = uri.getPort() < 0 ? tls ? 443 : 80 : uri.getPort();
        ChannelCredentials credentials = tls ? tls() : plain();
        try {
            return Grpc.newChannelBuilderForAddress(uri.getHost(), port, credentials)
                    .userAgent(userAgent)
                    .disableRetry()
                    .keepAliveTime(KEEPALIVE_SECONDS, TimeUnit.SECONDS)
                    .keepAliveTimeout(KEEPALIVE_TIMEOUT_SECONDS, TimeUnit.SECONDS)
                    .build();
        } catch (IllegalArgumentException unusable) {
            throw refuse(urlName + ", or the certificates with it, cannot be used: " + unusable.getMessage(), unusable);
        }
    }

    private URI uri() {
        String wanted = ": it must be http://host:port, or https://host:port for TLS";
        if (url.isEmpty()) {
            throw refuse(urlName + " is not set" + wanted, null);
        }
        try {
            URI uri = new URI(url);
            boolean scheme = "http".equalsIgnoreCase(uri.getScheme()) || "https".equalsIgnoreCase(uri.getScheme());
            boolean bare = uri.getRawUserInfo() == null && uri.getRawQuery() == null && uri.getRawFragment() == null
                    && (uri.getRawPath() == null || uri.getRawPath().isEmpty() || uri.getRawPath().equals("/"));
            if (scheme && bare && uri.getHost() != null && uri.getPort() <= 0xffff) {
                return uri;
            }
        } catch (URISyntaxException notUri) {
            throw refuse(urlName + " is '" + url() + "'" + wanted, notUri);
        }
        throw refuse(urlName + " is '" + url() + "'" + wanted, null);
    }

    private ChannelCredentials plain() {
        for (File file : new File[] {ca, certificate, key}) {
            if (file != null) {
                throw refuse(file.name + " is set, but " + urlName + " is without TLS: make it https://, or leave "
                        + file.name + " out", null);
            }
        }
        return InsecureChannelCredentials.create();
    }

    private ChannelCredentials tls() {
        TlsChannelCredentials.Builder builder = TlsChannelCredentials.newBuilder();
        try {
            if (ca != null) {
                builder.trustManager(new ByteArrayInputStream(certificates(ca)));
            }
            if (certificate != null && key != null) {
                builder.keyManager(new ByteArrayInputStream(certificates(certificate)),
                        new ByteArrayInputStream(key()));
            } else if (certificate != null || key != null) {
                File present = certificate != null ? certificate : key;
                throw refuse(present.name + " is set alone: a client's certificate and its key go together", null);
            }
        } catch (IOException unreadable) {
            // Only streams in memory are read here.
            throw new IllegalStateException(unreadable);
        }
        return builder.build();
    }

    private static byte[] certificates(File file) {
        byte[] bytes = read(file);
        try {
            if (!CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(bytes)).isEmpty()) {
                return bytes;
            }
        } catch (CertificateException unreadable) {
            throw refuse(file.name + ": " + file.path + " holds no certificate that can be read: it must be PEM",
                    unreadable);
        }
        throw refuse(file.name + ": " + file.path + " holds no certificate: it must be PEM", null);
    }

    private byte[] key() {
        byte[] bytes = read(key);
        if (!new String(bytes, StandardCharsets.ISO_8859_1).contains("-----BEGIN PRIVATE KEY-----")) {
            throw refuse(key.name + ": " + key.path + " holds no key in PKCS#8 as PEM; convert it with: "
                    + "openssl pkcs8 -topk8 -nocrypt", null);
        }
        return bytes;
    }

    private static byte[] read(File file) {
        try {
            return Files.readAllBytes(file.path);
        } catch (IOException unreadable) {
            throw refuse(file.name + ": " + file.path + " cannot be read: " + unreadable.getClass().getSimpleName(),
                    unreadable);
        }
    }

    private static BursarException refuse(String message, Throwable cause) {
        return BursarException.invalid(BursarException.INVALID_CONFIG, message, cause);
    }
}
