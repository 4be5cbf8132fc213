package freshet.jobs.replay;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;

/**
 * The part {@code events} of {@code summary.json}: by stream, how many records were read, how many were no events
 * ({@code dead}), and what the join's ledger says became of the others.
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
            long dead = 0;
            for (JsonNode reason : source.path("dead")) {
                dead += reason.asLong();
            }
            stream.put("dead", dead);
            String prefix = PREFIXES.getOrDefault(name, name + "_");
            ledger.path("join").forEachEntry((line, count) -> {
                if (line.startsWith(prefix) && !line.equals(prefix + "read")) {
                    stream.set(line.substring(prefix.length()), count);
                }
            });
        });
        return events;
    }
}
