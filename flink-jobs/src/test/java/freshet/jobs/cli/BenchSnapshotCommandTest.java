package freshet.jobs.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class BenchSnapshotCommandTest {
    @TempDir
    Path folder;

    private final StringWriter out = new StringWriter();

    private int bench(String... options) {
        CommandLine command = new CommandLine(new BenchSnapshotCommand());
        command.setOut(new PrintWriter(out));
        command.setErr(new PrintWriter(new StringWriter()));
        return command.execute(options);
    }

    @Test
    void everyPartIsMeasured() throws Exception {
        Path json = folder.resolve("bench.json");
        assertThat(bench("--rows", "1000,3000", "--changed", "2000", "--json", json.toString()))
                .isZero();
        JsonNode results = new ObjectMapper().readTree(json.toFile()).path("results");
        assertThat(results.findValuesAsText("changed")).containsExactly("1000", "2000");
        for (JsonNode result : results) {
            for (String field : new String[] {"pause_ms", "publish_mb_per_s", "load_mb_per_s", "servable_ms"}) {
                assertThat(result.path(field).asDouble()).as(field).isPositive();
            }
            assertThat(result.path("snapshot_bytes").asLong())
                    .isGreaterThan(result.path("rows").asLong() * 72);
        }
        assertThat(out.toString()).contains("SHA-256", "3000");
    }

    @Test
    void numbersThatMakeNoSenseAreRefused() {
        assertThat(bench("--rows", "0")).isEqualTo(2);
    }
}
