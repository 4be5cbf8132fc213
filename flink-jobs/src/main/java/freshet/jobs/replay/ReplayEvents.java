package freshet.jobs.replay;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The part {@code events} of {@code summary.json}: by stream, how many records were read, how many were no events
 * ({@code dead}), and what the join's ledger says became of the others. And whether the set-aside files agree with it.
 */
final class ReplayEvents {
    /** What the lines of the join's ledger begin with. */
    private static final Map<String, String> PREFIXES =
            Map.of("impressions", "impression_", "feedback", "feedback_", "history", "history_");

    private ReplayEvents() {}

    /**
     * @param ledger as of {@code ledger.json}
     */
    static ObjectNode of(JsonNode ledger) {
        ObjectNode events = JsonNodeFactory.instance.objectNode();
        ledger.path("sources").forEachEntry((name, source) -> {
            ObjectNode stream = events.putObject(name);
            stream.set("read", source.path("read"));
            stream.put("dead", dead(source));
            String prefix = PREFIXES.getOrDefault(name, name + "_");
            ledger.path("join").forEachEntry((line, count) -> {
                if (line.startsWith(prefix) && !line.equals(prefix + "read")) {
                    stream.set(line.substring(prefix.length()), count);
                }
            });
        });
        return events;
    }

    private static long dead(JsonNode source) {
        long dead = 0;
        for (JsonNode reason : source.path("dead")) {
            dead += reason.asLong();
        }
        return dead;
    }

    /**
     * Where the set-aside files do not hold what the ledger counts, in words; empty when they do.
     *
     * @param setAside records by file
     * @param ledger as of {@code ledger.json}
     */
    static List<String> imbalances(JsonNode setAside, JsonNode ledger) {
        long dead = 0;
        for (JsonNode source : ledger.path("sources")) {
            dead += dead(source);
        }
        long late = 0;
        for (String prefix : PREFIXES.values()) {
            late += ledger.path("join").path(prefix + "late").asLong();
            late += ledger.path("join").path(prefix + "refused").asLong();
        }
        List<String> found = new ArrayList<>();
        compare(found, "dead letters", setAside.path("dead_letters").asLong(), dead);
        compare(found, "late events", setAside.path("late").asLong(), late);
        compare(
                found,
                "orphans",
                setAside.path("orphans").asLong(),
                ledger.path("join").path("feedback_orphan").asLong());
        long deadExamples = dead(ledger.path("trainer"));
        if (deadExamples > 0) {
            found.add("examples: found " + deadExamples + " records that the trainer could not read, expected none;"
                    + " see trainer in ledger.json for the reasons");
        }
        return found;
    }

    private static void compare(List<String> found, String what, long inFile, long counted) {
        if (inFile != counted) {
            found.add(what + ": found " + inFile + " in their file, expected the " + counted + " of the ledger");
        }
    }
}
