package dev.bursar.client.driver;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What stands for {@code ${name}} in a scenario. */
final class Names {
    private static final Pattern PLACE = Pattern.compile("\\$\\{([^}]*)}");
    private static final Pattern REPEATED = Pattern.compile("(.)\\*(\\d+)", Pattern.DOTALL);
    private static final Pattern TIME = Pattern.compile("now([+-]\\d+)?");
    private static final SecureRandom RANDOM = new SecureRandom();

    private final Map<String, String> values = new HashMap<>();

    Names(String tenant) {
        values.put("tenant", tenant);
    }

    private Names(Map<String, String> values) {
        this.values.putAll(values);
    }

    /** The same names, and fresh ids for these. */
    Names with(JsonArray ids) {
        Names more = new Names(values);
        if (ids != null) {
            ids.forEach(id -> more.values.put(id.getAsString(), uuid()));
        }
        return more;
    }

    void save(String name, String value) {
        values.put(name, value);
    }

    JsonElement replaceIn(JsonElement element) {
        if (element.isJsonArray()) {
            JsonArray replaced = new JsonArray();
            element.getAsJsonArray().forEach(each -> replaced.add(replaceIn(each)));
            return replaced;
        }
        if (element.isJsonObject()) {
            JsonObject replaced = new JsonObject();
            element.getAsJsonObject().entrySet()
                    .forEach(each -> replaced.add(replaceIn(each.getKey()), replaceIn(each.getValue())));
            return replaced;
        }
        boolean text = element.isJsonPrimitive() && element.getAsJsonPrimitive().isString();
        return text ? new JsonPrimitive(replaceIn(element.getAsString())) : element;
    }

    private String replaceIn(String text) {
        return PLACE.matcher(text).replaceAll(place -> Matcher.quoteReplacement(value(place.group(1))));
    }

    private String value(String name) {
        String known = values.get(name);
        Matcher repeated = REPEATED.matcher(name);
        Matcher time = TIME.matcher(name);
        if (known != null) {
            return known;
        }
        if (repeated.matches()) {
            return repeated.group(1).repeat(Integer.parseInt(repeated.group(2)));
        }
        if (time.matches()) {
            long seconds = time.group(1) == null ? 0 : Long.parseLong(time.group(1));
            return Instant.now().truncatedTo(ChronoUnit.MILLIS).plusSeconds(seconds).toString();
        }
        throw new Mismatch("nothing is named ${" + name + "}");
    }

    private static String uuid() {
        long random = RANDOM.nextLong();
        long high = System.currentTimeMillis() << 16 | 0x7000 | RANDOM.nextInt(0x1000);
        return new UUID(high, random & 0x3fff_ffff_ffff_ffffL | 0x8000_0000_0000_0000L).toString();
    }
}
