package weir.bench;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** `--name value` pairs; a name that nobody knows ends the program. */
final class Flags {
    private static final Map<String, String> DEFAULTS = new HashMap<>();

    static {
        DEFAULTS.put("brokers", "localhost:9092");
        DEFAULTS.put("topic", "main");
        DEFAULTS.put("app-id", "kafka-streams-peer");
        DEFAULTS.put("state-dir", System.getProperty("java.io.tmpdir") + "/kafka-streams-peer");
        DEFAULTS.put("rule-set-hash", "sha256:unknown");
        DEFAULTS.put("guarantee", "exactly_once_v2"); // or at_least_once
        DEFAULTS.put("emit", "all"); // or flagged
        DEFAULTS.put("store", "window"); // or key-value: a list per card
        DEFAULTS.put("dedupe", "window"); // or key-value
        DEFAULTS.put("caching", "off"); // or on
        DEFAULTS.put("cache-bytes", "67108864");
        DEFAULTS.put("commit-ms", "100");
        DEFAULTS.put("linger-ms", "100");
        DEFAULTS.put("batch-bytes", "16384");
        DEFAULTS.put("compression", "none");
        DEFAULTS.put("max-poll-records", "1000");
        DEFAULTS.put("fetch-max-wait-ms", "500");
    }

    private final Map<String, String> values = new HashMap<>(DEFAULTS);

    Flags(String[] args) {
        for (int i = 0; i < args.length; i += 2) {
            String name = args[i].startsWith("--") ? args[i].substring(2) : args[i];
            if (!DEFAULTS.containsKey(name) || i + 1 >= args.length) {
                throw new IllegalArgumentException("--" + name + " is no flag with a value; known: " + DEFAULTS.keySet());
            }
            values.put(name, args[i + 1]);
        }
        among("guarantee", Set.of("exactly_once_v2", "at_least_once"));
        among("emit", Set.of("all", "flagged"));
        among("store", Set.of("window", "key-value"));
        among("dedupe", Set.of("window", "key-value"));
        among("caching", Set.of("on", "off"));
    }

    String text(String name) {
        return values.get(name);
    }

    int number(String name) {
        return Integer.parseInt(values.get(name));
    }

    boolean is(String name, String value) {
        return values.get(name).equals(value);
    }

    private void among(String name, Set<String> allowed) {
        if (!allowed.contains(values.get(name))) throw new IllegalArgumentException("--" + name + " is one of " + allowed);
    }
}
