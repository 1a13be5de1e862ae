package dev.bursar.client.driver;

import com.google.gson.JsonObject;
import dev.bursar.client.Amounts;
import dev.bursar.client.BursarClient;
import dev.bursar.ledger.v1.CreateAccountRequest;
import dev.bursar.ledger.v1.CreateTransferRequest;
import dev.bursar.ledger.v1.NewAccount;
import dev.bursar.ledger.v1.NewTransfer;
import dev.bursar.ledger.v1.TransferServiceGrpc;
import dev.bursar.ledger.v1.TransferServiceGrpc.TransferServiceBlockingStub;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;

/** CreateTransfer through the client and through a bare stub, in turns. */
final class Bench {
    private static final int THREADS = 64;
    private static final int CALLS = 10_000;
    private static final int ROUNDS = 10;

    private Bench() {}

    static void run(Setup setup) throws InterruptedException {
        BursarClient client = setup.client("admin", "plain", true);
        NewTransfer template = NewTransfer.newBuilder().setDebitAccountId(account(client))
                .setCreditAccountId(account(client)).setAmount(Amounts.money("EUR", BigDecimal.ONE)).build();
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + setup.key("admin"));
        ManagedChannel channel = Grpc.newChannelBuilder(
                setup.url("plain").replaceFirst("^http://", "dns:///"), InsecureChannelCredentials.create()).build();
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            TransferServiceBlockingStub stub = TransferServiceGrpc.newBlockingStub(channel)
                    .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
            Consumer<CreateTransferRequest> byClient = client.ledger().transfers()::createTransfer;
            Consumer<CreateTransferRequest> byStub = stub::createTransfer;
            // The JVM compiles what it runs often: as many calls come first as are measured.
            round(threads, template, byClient, CALLS);
            round(threads, template, byStub, CALLS);
            List<Double> clients = new ArrayList<>();
            List<Double> stubs = new ArrayList<>();
            for (int i = 0; i < ROUNDS; i++) {
                // Who goes first changes, so that neither has the better half of each pair.
                if (i % 2 == 0) {
                    clients.add(round(threads, template, byClient, CALLS / ROUNDS));
                }
                stubs.add(round(threads, template, byStub, CALLS / ROUNDS));
                if (i % 2 == 1) {
                    clients.add(round(threads, template, byClient, CALLS / ROUNDS));
                }
            }
            JsonObject line = new JsonObject();
            line.addProperty("language", "java");
            line.addProperty("client_per_second", Math.round(median(clients)));
            line.addProperty("stub_per_second", Math.round(median(stubs)));
            line.addProperty("overhead", Math.round((median(stubs) / median(clients) - 1) * 1_000) / 1_000.0);
            new Harness().say(line);
        } finally {
            threads.shutdownNow();
            channel.shutdownNow();
        }
    }

    private static String account(BursarClient client) {
        return client.ledger().accounts().createAccount(CreateAccountRequest.newBuilder()
                .setAccount(NewAccount.newBuilder().setAsset("EUR").setCode("bench")).build()).getAccount().getId();
    }

    /** Calls a second. */
    private static double round(ExecutorService threads, NewTransfer template,
            Consumer<CreateTransferRequest> call, int calls) throws InterruptedException {
        List<CreateTransferRequest> requests = new ArrayList<>();
        for (int i = 0; i < calls; i++) {
            requests.add(CreateTransferRequest.newBuilder()
                    .setTransfer(template.toBuilder().setId(UUID.randomUUID().toString())).build());
        }
        long began = System.nanoTime();
        List<Future<?>> running = new ArrayList<>();
        requests.forEach(request -> running.add(threads.submit(() -> call.accept(request))));
        for (Future<?> each : running) {
            try {
                each.get();
            } catch (ExecutionException failed) {
                throw new IllegalStateException(failed.getCause());
            }
        }
        return calls * 1e9 / (System.nanoTime() - began);
    }

    private static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        int half = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(half) : (sorted.get(half - 1) + sorted.get(half)) / 2;
    }
}
