package dev.bursar.client.driver;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.math.BigDecimal;
import java.util.Map;
import java.util.regex.Pattern;

/** Whether a reply contains what a scenario expects. */
final class Expect {
    private Expect() {}

    /** Throws a {@link Mismatch} that names the first place that differs. */
    static void check(JsonElement expected, JsonElement actual) {
        String why = differs(expected, actual, "");
        if (why != null) {
            throw new Mismatch(why);
        }
    }

    /** Null when it matches; `actual` is null for an absent key. */
    private static String differs(JsonElement expected, JsonElement actual, String path) {
        if (expected.isJsonObject()) {
            JsonObject object = expected.getAsJsonObject();
            if (object.size() == 1) {
                Map.Entry<String, JsonElement> only = object.entrySet().iterator().next();
                if (only.getKey().startsWith("$")) {
                    return rule(only.getKey(), only.getValue(), actual, path);
                }
            }
        }
        if (actual == null || actual.isJsonNull()) {
            return isDefault(expected) ? null : wrong(path, expected, actual);
        }
        if (expected.isJsonObject()) {
            return objects(expected.getAsJsonObject(), actual, path);
        }
        if (expected.isJsonArray()) {
            return arrays(expected.getAsJsonArray(), actual, path);
        }
        boolean equal = expected.isJsonNull()
                ? isDefault(actual)
                : actual.isJsonPrimitive() && equal(expected.getAsJsonPrimitive(), actual.getAsJsonPrimitive());
        return equal || isDefault(expected) && isDefault(actual) ? null : wrong(path, expected, actual);
    }

    private static String objects(JsonObject expected, JsonElement actual, String path) {
        if (!actual.isJsonObject()) {
            return wrong(path, expected, actual);
        }
        for (Map.Entry<String, JsonElement> each : expected.entrySet()) {
            String inner = path.isEmpty() ? each.getKey() : path + "." + each.getKey();
            String why = differs(each.getValue(), actual.getAsJsonObject().get(each.getKey()), inner);
            if (why != null) {
                return why;
            }
        }
        return null;
    }

    private static String arrays(JsonArray expected, JsonElement actual, String path) {
        if (!actual.isJsonArray() || actual.getAsJsonArray().size() != expected.size()) {
            return wrong(path, expected, actual);
        }
        for (int i = 0; i < expected.size(); i++) {
            String why = differs(expected.get(i), actual.getAsJsonArray().get(i), path + "." + i);
            if (why != null) {
                return why;
            }
        }
        return null;
    }

    private static String rule(String rule, JsonElement argument, JsonElement actual, String path) {
        JsonElement found = actual == null ? JsonNull.INSTANCE : actual;
        boolean holds = switch (rule) {
            case "$matches" -> found.isJsonPrimitive()
                    && Pattern.compile(argument.getAsString()).matcher(found.getAsString()).find();
            case "$any" -> !isDefault(found);
            case "$absent" -> isDefault(found);
            case "$count" -> size(found) == argument.getAsInt();
            case "$contains" -> contains(argument.getAsJsonArray(), found);
            case "$not" -> differs(argument, actual, path) != null;
            default -> throw new Mismatch("the driver knows no rule " + rule);
        };
        JsonObject shown = new JsonObject();
        shown.add(rule, argument);
        return holds ? null : wrong(path, shown, found);
    }

    private static boolean contains(JsonArray wanted, JsonElement actual) {
        JsonArray all = actual.isJsonArray() ? actual.getAsJsonArray() : new JsonArray();
        return wanted.asList().stream()
                .allMatch(want -> all.asList().stream().anyMatch(each -> differs(want, each, "") == null));
    }

    private static int size(JsonElement element) {
        if (element.isJsonArray()) {
            return element.getAsJsonArray().size();
        }
        return element.isJsonObject() ? element.getAsJsonObject().size() : isDefault(element) ? 0 : -1;
    }

    /** By value where either is a number: 64-bit integers come as text. */
    private static boolean equal(JsonPrimitive expected, JsonPrimitive actual) {
        if (expected.isNumber() || actual.isNumber()) {
            try {
                return new BigDecimal(expected.getAsString()).compareTo(new BigDecimal(actual.getAsString())) == 0;
            } catch (NumberFormatException notNumber) {
                return false;
            }
        }
        return expected.isBoolean() == actual.isBoolean() && expected.getAsString().equals(actual.getAsString());
    }

    private static boolean isDefault(JsonElement element) {
        if (element.isJsonNull()) {
            return true;
        }
        if (element.isJsonArray()) {
            return element.getAsJsonArray().isEmpty();
        }
        if (element.isJsonObject()) {
            return element.getAsJsonObject().size() == 0;
        }
        String text = element.getAsString();
        JsonPrimitive primitive = element.getAsJsonPrimitive();
        return primitive.isBoolean() && !primitive.getAsBoolean() || primitive.isNumber() && primitive.getAsDouble() == 0
                || primitive.isString() && (text.isEmpty() || text.equals("0") || text.endsWith("_UNSPECIFIED"));
    }

    private static String wrong(String path, JsonElement expected, JsonElement actual) {
        return (path.isEmpty() ? "the whole" : path) + ": expected " + expected + ", got "
                + (actual == null ? "nothing" : actual);
    }
}
