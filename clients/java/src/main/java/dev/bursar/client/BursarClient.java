package dev.bursar.client;

import dev.bursar.admin.v1.AdminClient;
import dev.bursar.audit.v1.AuditServiceClient;
import dev.bursar.escrow.v1.EscrowClient;
import dev.bursar.ledger.v1.LedgerClient;
import dev.bursar.ledger.v1.NewTransfer;
import dev.bursar.operation.v1.OperationServiceClient;
import dev.bursar.trace.v1.TraceServiceClient;
import dev.bursar.trading.v1.TradingClient;
import io.grpc.Channel;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * A connection to a Bursar server, safe to be used by many threads. It reconnects by itself; make one and keep it.
 *
 * <pre>{@code
 * try (BursarClient client = BursarClient.connect()) {
 *     client.ledger().transfers().createTransfer(request);
 * }
 * }</pre>
 */
public final class BursarClient implements AutoCloseable {
    /** The version of this client. */
    public static final String VERSION = "0.1.0";

    private static final long CLOSE_SECONDS = 5;

    private final String url;
    private final ManagedChannel connection;
    private final ScheduledExecutorService timer;
    private final Channel channel;
    private final Calls calls;
    private final Retries retries;
    private final int maxUnanswered;

    private BursarClient(Builder builder) {
        this.url = builder.connection.url();
        this.connection = builder.connection.open("bursar-java/" + VERSION);
        this.timer = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "bursar-retries");
            thread.setDaemon(true);
            return thread;
        });
        this.retries = new Retries(builder.maxAttempts, timer, connection::resetConnectBackoff);
        this.maxUnanswered = builder.maxUnanswered;
        List<ClientInterceptor> inside = List.of(new ConnectionErrors(), retries, new RequestIds(),
                new CallHeaders(builder.connection.apiKey(), builder.deadline.toNanos()));
        // The last one sees a call first: a caller's own interceptor sees a call once, however often it is sent.
        Channel own = ClientInterceptors.intercept(connection, inside);
        this.channel = ClientInterceptors.intercept(own, builder.interceptors);
        this.calls = new Calls(channel, null);
    }

    /**
     * Connects with what the environment says: {@code BURSAR_URL} and {@code BURSAR_API_KEY}, and for TLS with a CA or
     * a certificate of your own {@code BURSAR_CA_FILE}, {@code BURSAR_CLIENT_CERT_FILE} and
     * {@code BURSAR_CLIENT_KEY_FILE}.
     *
     * @return the client; the connection itself is made with the first call
     * @throws BursarException {@code INVALID_CONFIG} when one of them cannot be used
     */
    public static BursarClient connect() {
        return builder().environment(System.getenv()).connect();
    }

    /**
     * For other settings than the environment's.
     *
     * @return a builder with nothing but the defaults
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Accounts, assets, periods and transfers.
     *
     * @return the services
     */
    public LedgerClient ledger() {
        return new LedgerClient(calls);
    }

    /**
     * Institutions, their policies, assets and positions.
     *
     * @return the services
     */
    public EscrowClient escrow() {
        return new EscrowClient(calls);
    }

    /**
     * Strategies, decisions, executions, reviews and cursors.
     *
     * @return the services
     */
    public TradingClient trading() {
        return new TradingClient(calls);
    }

    /**
     * Tenants, API keys and the server itself.
     *
     * @return the services
     */
    public AdminClient admin() {
        return new AdminClient(calls);
    }

    /**
     * The audit trail.
     *
     * @return the service
     */
    public AuditServiceClient audit() {
        return new AuditServiceClient(calls);
    }

    /**
     * What became of a call.
     *
     * @return the service
     */
    public OperationServiceClient operations() {
        return new OperationServiceClient(calls);
    }

    /**
     * What hangs together across the domains.
     *
     * @return the service
     */
    public TraceServiceClient traces() {
        return new TraceServiceClient(calls);
    }

    /**
     * Sends transfers for as long as the source has some, and goes on by itself after a cut: nothing is lost, nothing
     * is posted twice.
     *
     * @param transfers the source; a thread of the stream's own reads it, and no faster than the server answers
     * @return the results, in the order of the transfers
     */
    public TransferStream streamTransfers(Iterable<NewTransfer> transfers) {
        return streamTransfers(transfers.iterator());
    }

    /**
     * The same from an iterator, which may wait for what is still to come.
     *
     * @param transfers the source; a thread of the stream's own reads it, and no faster than the server answers
     * @return the results, in the order of the transfers
     */
    public TransferStream streamTransfers(Iterator<NewTransfer> transfers) {
        TransferStream stream = new TransferStream(calls, retries, maxUnanswered);
        stream.begin(transfers);
        return stream;
    }

    /**
     * The channel for stubs of grpc-java, with the key, the default deadline, request ids and retries in it. What such
     * a stub throws becomes a {@link BursarException} by {@link BursarException#from(Throwable)}.
     *
     * @return the channel; closing this client closes it
     */
    public Channel channel() {
        return channel;
    }

    /**
     * The calls themselves, for a service that has no method here.
     *
     * @return what carries calls out
     */
    public Calls calls() {
        return calls;
    }

    /** Ends the connection, after the calls that are under way, which get five seconds. */
    @Override
    public void close() {
        connection.shutdown();
        try {
            if (!connection.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
                connection.shutdownNow();
            }
        } catch (InterruptedException interrupted) {
            connection.shutdownNow();
            Thread.currentThread().interrupt();
        } finally {
            // Not at once: a call that waits for its next attempt still has to hear that there is none.
            timer.shutdown();
        }
    }

    @Override
    public String toString() {
        return "BursarClient[" + url + "]";
    }

    /** What a client is made with. */
    public static final class Builder {
        private final Connection connection = new Connection();
        private final List<ClientInterceptor> interceptors = new ArrayList<>();
        private Duration deadline = Duration.ofSeconds(10);
        private int maxAttempts = Retries.DEFAULT_ATTEMPTS;
        private int maxUnanswered = TransferStream.DEFAULT_UNANSWERED;

        private Builder() {}

        Builder environment(Map<String, String> variables) {
            connection.environment(variables);
            return this;
        }

        /**
         * Takes what the environment says, as {@link BursarClient#connect()} does, to change some of it.
         *
         * @return this
         */
        public Builder fromEnvironment() {
            return environment(System.getenv());
        }

        /**
         * Where the server is.
         *
         * @param url {@code http://host:port}, or {@code https://host:port} for TLS
         * @return this
         */
        public Builder url(String url) {
            connection.url(url, "url");
            return this;
        }

        /**
         * The key, which is sent with each call.
         *
         * @param apiKey the key
         * @return this
         */
        public Builder apiKey(String apiKey) {
            connection.apiKey(apiKey, "apiKey");
            return this;
        }

        /**
         * Trusts these authorities instead of the system's.
         *
         * @param caFile certificates as PEM
         * @return this
         */
        public Builder caFile(Path caFile) {
            connection.caFile(caFile, "caFile");
            return this;
        }

        /**
         * Shows the server a certificate (mutual TLS).
         *
         * @param certificateFile the certificate and its chain, as PEM
         * @param keyFile its key, as PEM in PKCS#8
         * @return this
         */
        public Builder clientCertificate(Path certificateFile, Path keyFile) {
            connection.certificateFile(certificateFile, "certificateFile");
            connection.keyFile(keyFile, "keyFile");
            return this;
        }

        /**
         * How long a unary call may take with all its retries, when it does not say so itself: 10 seconds by default.
         *
         * @param deadline the time
         * @return this
         */
        public Builder deadline(Duration deadline) {
            this.deadline = positive("the deadline", deadline);
            return this;
        }

        /**
         * How often a call is sent in all, and how many failures in a row end a stream: 12 by default; 1 turns retries
         * off.
         *
         * @param maxAttempts the number
         * @return this
         */
        public Builder maxAttempts(int maxAttempts) {
            this.maxAttempts = maxAttempts;
            return this;
        }

        /**
         * How many transfers of a stream may be without a result before its source is read no further: 10,000 by
         * default.
         *
         * @param maxUnanswered the number, at least 1
         * @return this
         */
        public Builder maxUnansweredTransfers(int maxUnanswered) {
            if (maxUnanswered < 1) {
                throw BursarException.invalid(BursarException.INVALID_CONFIG,
                        "maxUnansweredTransfers is " + maxUnanswered + ": it must be at least 1", null);
            }
            this.maxUnanswered = maxUnanswered;
            return this;
        }

        /**
         * Adds an interceptor of your own, such as one that measures. It sees each call once, retries included.
         *
         * @param interceptor the interceptor
         * @return this
         */
        public Builder intercept(ClientInterceptor interceptor) {
            interceptors.add(interceptor);
            return this;
        }

        /**
         * Makes the client. The connection itself is made with the first call.
         *
         * @return the client
         * @throws BursarException {@code INVALID_CONFIG} when one of the settings cannot be used
         */
        public BursarClient connect() {
            return new BursarClient(this);
        }

        @Override
        public String toString() {
            return "BursarClient.Builder[" + connection.url() + "]";
        }

        static Duration positive(String what, Duration duration) {
            if (duration.isNegative() || duration.isZero()) {
                throw BursarException.invalid(BursarException.INVALID_CONFIG,
                        what + " is " + duration + ": it must be longer than nothing", null);
            }
            return duration;
        }
    }
}
