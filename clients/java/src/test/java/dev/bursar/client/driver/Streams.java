package dev.bursar.client.driver;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.bursar.client.BursarClient;
import dev.bursar.client.TransferStream;
import dev.bursar.ledger.v1.NewTransfer;
import dev.bursar.ledger.v1.TransferResult;
import io.grpc.Context;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** The step that streams transfers. */
final class Streams {
    private Streams() {}

    static JsonObject run(BursarClient client, JsonObject step, Duration deadline, Harness harness) {
        JsonObject stream = step.getAsJsonObject("stream");
        Source source = new Source(transfers(stream), pauseAfter(step, stream),
                stream.has("control") ? stream.get("control") : step.get("control"), harness);
        if (deadline == null) {
            return read(client, source);
        }
        // grpc-java's own way to bound what is done: a deadline on the context.
        ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
        Context.CancellableContext context =
                Context.current().withDeadlineAfter(deadline.toMillis(), TimeUnit.MILLISECONDS, timer);
        Context outer = context.attach();
        try {
            return read(client, source);
        } finally {
            context.detach(outer);
            context.cancel(null);
            timer.shutdownNow();
        }
    }

    private static JsonObject read(BursarClient client, Source source) {
        JsonArray results = new JsonArray();
        Set<String> distinct = new HashSet<>();
        int ok = 0;
        try (TransferStream stream = client.streamTransfers(source)) {
            for (TransferResult result : stream) {
                results.add(Methods.json(result));
                distinct.add(result.getId());
                ok += result.hasError() ? 0 : 1;
                source.answered();
            }
        }
        JsonObject reply = new JsonObject();
        reply.addProperty("count", String.valueOf(results.size()));
        reply.addProperty("ok", String.valueOf(ok));
        reply.addProperty("distinct", String.valueOf(distinct.size()));
        reply.add("results", results);
        return reply;
    }

    private static List<NewTransfer> transfers(JsonObject stream) {
        List<NewTransfer> transfers = new ArrayList<>();
        if (stream.has("transfers")) {
            stream.getAsJsonArray("transfers").forEach(each -> transfers.add(transfer(each)));
        } else {
            NewTransfer of = transfer(stream.get("of"));
            for (int i = 0; i < stream.get("count").getAsInt(); i++) {
                transfers.add(of);
            }
        }
        return transfers;
    }

    private static NewTransfer transfer(JsonElement json) {
        return (NewTransfer) Methods.parse(json, NewTransfer.newBuilder());
    }

    private static int pauseAfter(JsonObject step, JsonObject stream) {
        JsonElement found = stream.has("pause_after") ? stream.get("pause_after") : step.get("pause_after");
        return found == null ? Integer.MAX_VALUE : found.getAsInt();
    }

    /** The transfers, with a pause in which the harness does something. */
    private static final class Source implements Iterator<NewTransfer> {
        private final Iterator<NewTransfer> transfers;
        private final int pauseAfter;
        private final JsonElement control;
        private final Harness harness;
        private int given;
        private int answered;

        Source(List<NewTransfer> transfers, int pauseAfter, JsonElement control, Harness harness) {
            this.transfers = transfers.iterator();
            this.pauseAfter = pauseAfter;
            this.control = control;
            this.harness = harness;
        }

        synchronized void answered() {
            answered++;
            notifyAll();
        }

        @Override
        public boolean hasNext() {
            if (given == pauseAfter) {
                awaitAnswers();
                if (control != null) {
                    harness.control(control);
                }
            }
            return transfers.hasNext();
        }

        private synchronized void awaitAnswers() {
            try {
                while (answered < pauseAfter) {
                    wait();
                }
            } catch (InterruptedException closed) {
                throw new IllegalStateException("the stream was closed", closed);
            }
        }

        @Override
        public NewTransfer next() {
            given++;
            return transfers.next();
        }
    }
}
