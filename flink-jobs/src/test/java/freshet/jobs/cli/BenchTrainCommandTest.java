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

/** What the benchmark writes, not how fast it was. */
class BenchTrainCommandTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void writesATableAndJsonForOtherTools(@TempDir Path folder) throws Exception {
        Path json = folder.resolve("train.json");
        int code = run("bench", "train", "--batch", "64", "--threads", "1", "--seconds", "0.05", "--json", "" + json);
        assertThat(err.toString()).doesNotContain("freshet:");
        assertThat(code).isZero();
        assertThat(out.toString()).contains("peak of one thread", "examples/s", "plain");
        JsonNode root = new ObjectMapper().readTree(json.toFile());
        assertThat(root.get("peak_gflops").asDouble()).isPositive();
        assertThat(root.get("hash_micros").asDouble()).isPositive();
        assertThat(root.get("results")).hasSize(1);
        JsonNode result = root.get("results").get(0);
        assertThat(result.get("batch").asInt()).isEqualTo(64);
        assertThat(result.get("threads").asInt()).isEqualTo(1);
        for (String number : new String[] {"examples_per_second", "dense_gflops", "share_of_peak"}) {
            assertThat(result.get(number).asDouble()).as(number).isPositive();
        }
        assertThat(result.get("bytes_allocated_per_example").isNumber()).isTrue();
        for (String phase : new String[] {"gather", "forward", "backward", "scatter", "adam"}) {
            assertThat(result.get("micros").get(phase).asDouble()).as(phase).isPositive();
        }
    }

    @Test
    void saysWhatACheckpointCostsAsATableGrows(@TempDir Path folder) throws Exception {
        Path json = folder.resolve("train.json");
        int code = run(
                "bench",
                "train",
                "--batch",
                "64",
                "--threads",
                "1",
                "--seconds",
                "0.05",
                "--rows",
                "200000,100000",
                "--json",
                "" + json);
        assertThat(err.toString()).doesNotContain("freshet:");
        assertThat(code).isZero();
        assertThat(out.toString()).contains("table of 100,000 rows", "table of 200,000 rows");
        JsonNode sizes = new ObjectMapper().readTree(json.toFile()).get("table");
        assertThat(sizes).extracting(size -> size.get("rows").asLong()).containsExactly(100_000L, 200_000L);
        // Weights and optimizer state of a row are 128 bytes; the rest is its id, and how RocksDB keeps it.
        assertThat(sizes).allSatisfy(size -> {
            assertThat(size.get("bytes_per_row").asDouble()).isBetween(100.0, 400.0);
            assertThat(size.get("checkpoint_bytes").asLong()).isGreaterThan(100_000 * 100L);
        });
    }

    @Test
    void saysWhatIsWrong() {
        assertThat(run("bench", "train", "--batch", "0")).isEqualTo(2);
        assertThat(err.toString()).contains("--batch: found 0, expected a number from 1 to 16384");
        assertThat(run("bench", "train", "--rows", "20")).isEqualTo(2);
        assertThat(err.toString()).contains("--rows: found 20, expected a number from 100000 to 100000000");
    }

    @Test
    void aPythonWithoutTorchIsSaidBeforeAnythingIsMeasured(@TempDir Path folder) {
        assertThat(run("bench", "train", "--pytorch", folder.resolve("python3").toString()))
                .isEqualTo(2);
        assertThat(err.toString()).contains("freshet: --pytorch").doesNotContain("bench:");
    }

    private int run(String... args) {
        CommandLine commandLine = Main.commandLine();
        commandLine.setOut(new PrintWriter(out, true));
        commandLine.setErr(new PrintWriter(err, true));
        return commandLine.execute(args);
    }
}
