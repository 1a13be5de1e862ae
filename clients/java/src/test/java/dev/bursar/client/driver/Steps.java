package dev.bursar.client.driver;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.bursar.client.Amounts;
import dev.bursar.client.BursarClient;
import dev.bursar.client.BursarException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;

/** Carries out the steps of one scenario. */
final class Steps {
    private final Setup setup;
    private final Harness harness;
    private final Names names;

    Steps(Setup setup, Harness harness, Names names) {
        this.setup = setup;
        this.harness = harness;
        this.names = names;
    }

    void run(JsonObject written) {
        if (written.has("parallel")) {
            JsonObject rest = written.deepCopy();
            // Its ids have no values here.
            rest.remove("each");
            check(names.replaceIn(rest).getAsJsonObject(), parallel(written), null);
            return;
        }
        JsonObject step = names.replaceIn(written).getAsJsonObject();
        try {
            check(step, carryOut(step), null);
        } catch (BursarException failed) {
            check(step, null, failed);
        }
    }

    private void check(JsonObject step, JsonObject reply, BursarException failed) {
        if (step.has("error")) {
            if (failed == null) {
                throw new Mismatch("expected the error " + step.get("error") + ", got the reply " + reply);
            }
            Expect.check(step.get("error"), error(failed));
            return;
        }
        if (failed != null) {
            throw new Mismatch("expected a reply, got the error " + error(failed));
        }
        if (step.has("expect")) {
            Expect.check(step.get("expect"), reply);
        }
        if (step.has("save")) {
            for (Map.Entry<String, JsonElement> each : step.getAsJsonObject("save").entrySet()) {
                names.save(each.getKey(), at(reply, each.getValue().getAsString()));
            }
        }
    }

    private JsonObject carryOut(JsonObject step) {
        if (!step.has("cancel_after_ms")) {
            return once(step);
        }
        // Java's own means to cancel what blocks is to interrupt its thread.
        FutureTask<JsonObject> task = new FutureTask<>(() -> once(step));
        Thread thread = new Thread(task, "cancelled");
        thread.start();
        try {
            Thread.sleep(step.get("cancel_after_ms").getAsLong());
            thread.interrupt();
            return task.get();
        } catch (InterruptedException | ExecutionException failed) {
            throw rethrow(failed);
        }
    }

    private JsonObject once(JsonObject step) {
        if (step.has("decimal")) {
            JsonObject reply = new JsonObject();
            var money = Amounts.money("EUR", Amounts.parse(step.get("decimal").getAsString()));
            reply.addProperty("canonical", Amounts.text(Amounts.decimal(money)));
            return reply;
        }
        if (step.has("control") && !step.has("stream")) {
            harness.control(step.get("control"));
            return new JsonObject();
        }
        boolean retries = !step.has("retries") || step.get("retries").getAsBoolean();
        BursarClient client = setup.client(text(step, "as", "admin"), text(step, "at", "plain"), retries);
        Duration deadline =
                step.has("deadline_ms") ? Duration.ofMillis(step.get("deadline_ms").getAsLong()) : null;
        if (step.has("stream")) {
            return Streams.run(client, step, deadline, harness);
        }
        if (step.has("pages")) {
            int atMost = step.has("at_most") ? step.get("at_most").getAsInt() : Integer.MAX_VALUE;
            return Methods.pages(client.calls(), deadline, step.get("pages").getAsString(), step.get("request"), atMost);
        }
        if (step.has("call")) {
            return Methods.call(client.calls(), deadline, step.get("call").getAsString(), step.get("request"));
        }
        throw new Mismatch("the driver knows no such step: " + step);
    }

    private JsonObject parallel(JsonObject written) {
        int count = written.get("parallel").getAsInt();
        JsonObject each = written.getAsJsonObject("each");
        JsonArray ids = written.has("each_ids") ? written.getAsJsonArray("each_ids") : each.getAsJsonArray("each_ids");
        ExecutorService threads = Executors.newFixedThreadPool(count);
        int ok = 0;
        Map<String, Integer> errors = new TreeMap<>();
        try {
            List<Future<JsonObject>> running = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                Names own = names.with(ids);
                JsonObject step = own.replaceIn(each).getAsJsonObject();
                running.add(threads.submit(() -> new Steps(setup, harness, own).carryOut(step)));
            }
            for (Future<JsonObject> one : running) {
                try {
                    one.get();
                    ok++;
                } catch (InterruptedException | ExecutionException failed) {
                    if (!(failed.getCause() instanceof BursarException error)) {
                        throw rethrow(failed);
                    }
                    errors.merge(error.reason(), 1, Integer::sum);
                }
            }
        } finally {
            threads.shutdownNow();
        }
        JsonObject reply = new JsonObject();
        reply.addProperty("count", String.valueOf(count));
        reply.addProperty("ok", String.valueOf(ok));
        JsonObject counted = new JsonObject();
        errors.forEach((reason, number) -> counted.addProperty(reason, String.valueOf(number)));
        reply.add("errors", counted);
        return reply;
    }

    private static JsonObject error(BursarException failed) {
        JsonObject error = new JsonObject();
        error.addProperty("code", failed.code().name());
        error.addProperty("reason", failed.reason());
        error.addProperty("message", failed.getMessage());
        error.addProperty("definite", failed.definite());
        error.addProperty("retryable", failed.retryable());
        error.addProperty("retry_after_ms", String.valueOf(failed.retryAfter().map(Duration::toMillis).orElse(0L)));
        JsonArray fields = new JsonArray();
        failed.fieldViolations().forEach(each -> {
            JsonObject field = new JsonObject();
            field.addProperty("field", each.field());
            field.addProperty("description", each.description());
            fields.add(field);
        });
        error.add("fields", fields);
        failed.resource().ifPresent(found -> {
            JsonObject resource = new JsonObject();
            resource.addProperty("type", found.type());
            resource.addProperty("name", found.name());
            error.add("resource", resource);
        });
        JsonObject metadata = new JsonObject();
        failed.metadata().forEach(metadata::addProperty);
        error.add("metadata", metadata);
        error.addProperty("request_id", failed.requestId());
        return error;
    }

    private static String at(JsonElement reply, String path) {
        JsonElement found = reply;
        for (String part : path.split("\\.")) {
            if (found != null && found.isJsonArray() && part.matches("\\d+")) {
                int index = Integer.parseInt(part);
                found = index < found.getAsJsonArray().size() ? found.getAsJsonArray().get(index) : null;
            } else {
                found = found != null && found.isJsonObject() ? found.getAsJsonObject().get(part) : null;
            }
        }
        if (found == null || !found.isJsonPrimitive()) {
            throw new Mismatch("nothing to save at " + path + " of " + reply);
        }
        return found.getAsString();
    }

    private static String text(JsonObject step, String key, String absent) {
        return step.has(key) ? step.get(key).getAsString() : absent;
    }

    private static RuntimeException rethrow(Exception failed) {
        return failed.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(failed);
    }
}
