package dev.bursar.client.driver;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** The lines that go to the harness, and its answers. */
final class Harness {
    private static final Gson GSON = new GsonBuilder().disableHtmlEscaping().serializeNulls().create();

    private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    private final BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));

    synchronized void say(JsonObject line) {
        out.println(GSON.toJson(line));
    }

    /** Asks for a control and waits until it is done. */
    synchronized void control(JsonElement control) {
        JsonObject what = new JsonObject();
        what.add("control", control);
        say(what);
        try {
            String line = in.readLine();
            if (line == null) {
                throw new Mismatch("the harness went away before it answered " + control);
            }
            JsonObject answer = JsonParser.parseString(line).getAsJsonObject();
            if (!answer.has("done")) {
                throw new Mismatch("control " + control + ": " + answer);
            }
        } catch (IOException gone) {
            throw new Mismatch("control " + control + ": " + gone);
        }
    }
}
