package freshet.jobs.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code --json} of the benchmarks: their results for other tools. */
final class BenchJson {
    @Option(names = "--json", paramLabel = "FILE", description = "Also writes the results as JSON.")
    private @Nullable Path file;

    /** Writes the file, if one was asked for. */
    void write(JsonNode results) throws IOException {
        if (file != null) {
            Files.writeString(file, text(results));
        }
    }

    /** Indented, with a line end. */
    static String text(JsonNode results) throws IOException {
        return new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(results) + "\n";
    }
}
