package freshet.jobs.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import freshet.serde.snapshot.SnapshotVersion;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a report is about.
 *
 * @param title of the page
 * @param metrics lines of {@code metrics.jsonl}: one per event-time hour and task, in order
 * @param summary {@code summary.json}; missing while a run has not ended
 * @param ledger {@code ledger.json}; missing where nobody kept one
 * @param snapshots in order of their versions
 * @param truth what a simulator knows; null for real viewers
 */
public record Report(
        String title,
        List<JsonNode> metrics,
        JsonNode summary,
        JsonNode ledger,
        List<PublishedSnapshot> snapshots,
        @Nullable TruthComparison truth) {

    /** Name of the page in the folder of outputs. */
    public static final String FILE = "report.html";

    private static final ObjectMapper JSON = new ObjectMapper();

    /** A snapshot that was published: its version such as {@code 20220425T16Z}, checksum and size. */
    public record PublishedSnapshot(SnapshotVersion version, String sha256, long bytes) {}

    public Report {
        metrics = List.copyOf(metrics);
        snapshots = List.copyOf(snapshots);
    }

    /** Reads the outputs of a run from its folder; a file that is not there is left out of the report. */
    public static Report read(String title, Path folder) throws IOException {
        return new Report(
                title,
                lines(folder.resolve("metrics.jsonl")),
                tree(folder.resolve("summary.json")),
                tree(folder.resolve("ledger.json")),
                snapshots(folder.resolve("snapshots")),
                null);
    }

    /** Writes the page into a folder and says where. */
    public Path write(Path folder) throws IOException {
        return Files.writeString(folder.resolve(FILE), ReportPage.html(this), StandardCharsets.UTF_8);
    }

    private static List<JsonNode> lines(Path file) throws IOException {
        List<JsonNode> lines = new ArrayList<>();
        if (Files.exists(file)) {
            for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
                lines.add(JSON.readTree(line));
            }
        }
        return lines;
    }

    private static JsonNode tree(Path file) throws IOException {
        return Files.exists(file) ? JSON.readTree(file.toFile()) : MissingNode.getInstance();
    }

    private static List<PublishedSnapshot> snapshots(Path folder) throws IOException {
        List<PublishedSnapshot> snapshots = new ArrayList<>();
        if (Files.isDirectory(folder)) {
            List<Path> versions;
            try (Stream<Path> entries = Files.list(folder)) {
                versions = entries.sorted().toList();
            }
            for (Path version : versions) {
                Path manifest = version.resolve("manifest.json");
                if (Files.exists(manifest)) {
                    JsonNode json = JSON.readTree(manifest.toFile());
                    snapshots.add(new PublishedSnapshot(
                            SnapshotVersion.parse(version.getFileName().toString()),
                            json.path("sha256").asText(),
                            json.path("bytes").asLong()));
                }
            }
        }
        return snapshots;
    }
}
