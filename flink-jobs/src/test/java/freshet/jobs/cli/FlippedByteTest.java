package freshet.jobs.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import freshet.jobs.ViewerEvents;
import freshet.jobs.config.FreshetConfig;
import freshet.jobs.local.EmbeddedKafka;
import freshet.jobs.recover.Retained;
import freshet.jobs.recover.RetainedFinder;
import freshet.jobs.seal.StoredState;
import freshet.jobs.source.ReplayToKafka;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.junit.jupiter.api.Test;

/**
 * One byte of a checkpoint or savepoint changes, and no size does: {@code recover} tells, wherever it is, and where something was
 * started from it all the same, that fails in words. The one exception are bytes that RocksDB does not use.
 */
class FlippedByteTest extends KeptCheckpointsTest {
    private static final int FLIPS_OF_EACH_FILE = 12;
    private static final int FLIPS_OF_METADATA = 200;

    private final SplittableRandom random = new SplittableRandom(20_261_122);

    @Test
    void isSeenWhereverItIs() throws Exception {
        try (EmbeddedKafka kafka = EmbeddedKafka.start(folder.resolve("kafka"));
                MiniCluster cluster = cluster()) {
            String config = config(kafka);
            String address = cluster.getRestAddress().get().toString();
            String[] run = {"run", "examples", "--config", config, "--cluster", address, "--no-jars"};
            assertThat(freshet(run)).as(err.toString()).isZero();
            JobID job = JobID.fromHexString(out.toString().strip());
            // The histories end at once, and a task that is just closing declines.
            await().atMost(PATIENCE)
                    .ignoreExceptions()
                    .until(() -> cluster.triggerCheckpoint(job).get().contains("chk-"));
            ReplayToKafka.send(folder.resolve("events"), FreshetConfig.load(Path.of(config)));
            await().atMost(PATIENCE)
                    .until(() -> cluster.triggerCheckpoint(job).get().contains("chk-")
                            && StoredState.of(kept().get(0)).values() >= 20);
            String savepoint = cluster.triggerSavepoint(
                            job, folder.resolve("savepoints").toString(), false, SavepointFormatType.CANONICAL)
                    .get();
            cluster.cancelJob(job).get();
            await().atMost(PATIENCE).until(() -> cluster.getJobStatus(job).get() == JobStatus.CANCELED);

            Path newest = kept().get(0);
            StoredState whole = StoredState.of(newest);
            List<String> seen = new ArrayList<>();
            for (Path file : filesOf(newest)) {
                seen.add(flipEverywhere(file, newest, whole));
            }
            Path saved = Path.of(URI.create(savepoint));
            for (Path file : list(saved)) {
                seen.add(flipEverywhere(file, saved, whole));
            }
            System.out.println("flipped bytes: " + String.join(", ", seen));
            assertThat(seen).anySatisfy(kind -> assertThat(kind).startsWith("table"));

            goesBackAndIsRefused(run, config, newest);
        }
    }

    /** Flips one byte after the other and puts it back; what is not seen must not matter. */
    private String flipEverywhere(Path file, Path checkpoint, StoredState whole) throws IOException {
        boolean isTable = isTable(file);
        boolean isMetadata = file.endsWith("_metadata");
        int flips = isMetadata ? FLIPS_OF_METADATA : FLIPS_OF_EACH_FILE;
        int seen = 0;
        for (int flip = 0; flip < flips; flip++) {
            long at = random.nextLong(Files.size(file));
            int bit = 1 << random.nextInt(8);
            flip(file, at, bit);
            Retained read = RetainedFinder.readThrough(
                    RetainedFinder.find(checkpoint.toString()).get(0));
            if (read.isGood()) {
                assertThat(isTable).as("byte %d of %s", at, file).isTrue();
                assertThat(StoredState.of(checkpoint))
                        .as("byte %d of %s", at, file)
                        .isEqualTo(whole);
            } else {
                seen++;
            }
            flip(file, at, bit);
        }
        assertThat(seen).as(file.toString()).isGreaterThanOrEqualTo(flips / 2);
        return (isTable ? "table" : isMetadata ? "_metadata" : "state") + " of " + Files.size(file) + " bytes " + seen
                + " of " + flips;
    }

    private static void flip(Path file, long at, int bit) throws IOException {
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
            bytes.seek(at);
            int was = bytes.read();
            bytes.seek(at);
            bytes.write(was ^ bit);
        }
    }

    /** With a damaged one as the newest: the command goes back, and a start from it is refused. */
    private void goesBackAndIsRefused(String[] run, String config, Path newest) throws IOException {
        for (Path file : filesOf(newest)) {
            flip(file, Files.size(file) / 2, 1);
            assertThat(freshet(
                            "recover",
                            "--config",
                            config,
                            "--job",
                            "examples",
                            "--checkpoints",
                            checkpoints().toString()))
                    .as(err.toString())
                    .isZero();
            assertThat(err.toString().lines())
                    .as(file.toString())
                    .anySatisfy(line -> assertThat(line)
                            .startsWith("bad:")
                            .contains(newest.getFileName().toString()))
                    .anySatisfy(line -> assertThat(line).startsWith("goes back by"));
            assertThat(out.toString())
                    .contains("/" + kept().get(1).getFileName())
                    .doesNotContain(newest.toString());
            if (!isTable(file)) { // RocksDB refuses a damaged block when it is read
                assertThat(freshet(with(run, "--from", newest.toUri().toString())))
                        .isEqualTo(2);
                assertThat(err.toString()).contains("CRC-32C", "freshet recover");
            }
            flip(file, Files.size(file) / 2, 1);
        }
    }

    private String config(EmbeddedKafka kafka) throws IOException {
        new ViewerEvents(3, 30, 400).write(folder.resolve("events"), 3);
        FreshetConfig viewers = ViewerEvents.config().withJsonEvents().withBootstrapServers(kafka.bootstrapServers());
        return config(kafka, viewers.json()); // which is YAML, too
    }

    /** Its own, and the tables that it shares with others. */
    private static List<Path> filesOf(Path checkpoint) throws IOException {
        String needed = new String(Files.readAllBytes(checkpoint.resolve("_metadata")), StandardCharsets.ISO_8859_1);
        return Stream.concat(list(checkpoint).stream(), list(checkpoint.resolveSibling("shared")).stream())
                .filter(file -> file.endsWith("_metadata")
                        || needed.contains(file.getFileName().toString()))
                .toList();
    }

    private static boolean isTable(Path file) {
        return file.toString().contains("/shared/");
    }

    private static List<Path> list(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(Files::isRegularFile).sorted().toList();
        }
    }
}
