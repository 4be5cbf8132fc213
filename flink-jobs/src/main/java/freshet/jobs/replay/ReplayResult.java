package freshet.jobs.replay;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.List;

/**
 * What a replay came to.
 *
 * @param out the folder with the outputs
 * @param summary {@code summary.json} as it was written
 * @param imbalances what does not add up in the ledger, in words; should be empty
 */
public record ReplayResult(Path out, JsonNode summary, List<String> imbalances) {}
