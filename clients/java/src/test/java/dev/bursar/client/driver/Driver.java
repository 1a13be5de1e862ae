package dev.bursar.client.driver;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Carries the scenarios of tests/conformance/scenarios out through the Java client; its README is the contract. */
public final class Driver {
    private Driver() {}

    /**
     * Runs the scenarios, or the bench.
     *
     * @param args {@code <folder of scenarios> <setup.json>}, or {@code --bench <setup.json>}
     * @throws IOException when a file cannot be read
     */
    public static void main(String[] args) throws IOException, InterruptedException {
        if (args.length != 2) {
            System.err.println("usage: driver <folder of scenarios> <setup.json> | --bench <setup.json>");
            System.exit(2);
        }
        try (Setup setup = new Setup(JsonParser.parseString(Files.readString(Path.of(args[1]))).getAsJsonObject())) {
            if (args[0].equals("--bench")) {
                Bench.run(setup);
                return;
            }
            List<Path> files;
            try (Stream<Path> found = Files.list(Path.of(args[0]))) {
                files = found.filter(file -> file.toString().endsWith(".json")).sorted().toList();
            }
            Harness harness = new Harness();
            for (Path file : files) {
                for (JsonElement scenario : JsonParser.parseString(Files.readString(file)).getAsJsonArray()) {
                    run(scenario.getAsJsonObject(), setup, harness);
                }
            }
        }
    }

    private static void run(JsonObject scenario, Setup setup, Harness harness) {
        long began = System.nanoTime();
        JsonObject line = new JsonObject();
        line.addProperty("scenario", scenario.get("name").getAsString());
        Steps steps = new Steps(setup, harness, new Names(setup.tenant()).with(scenario.getAsJsonArray("ids")));
        int step = 0;
        String why = null;
        try {
            for (JsonElement each : scenario.getAsJsonArray("steps")) {
                step++;
                steps.run(each.getAsJsonObject());
            }
        } catch (Mismatch mismatch) {
            why = mismatch.getMessage();
        } catch (Exception broken) {
            // A scenario that breaks the driver is a failed one; the others still run.
            why = broken.toString();
            broken.printStackTrace();
        }
        line.addProperty("passed", why == null);
        line.addProperty("ms", (System.nanoTime() - began) / 1_000_000);
        if (why != null) {
            line.addProperty("step", step);
            line.addProperty("why", why);
        }
        harness.say(line);
    }
}
