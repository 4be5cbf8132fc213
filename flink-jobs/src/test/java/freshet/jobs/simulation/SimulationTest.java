package freshet.jobs.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SortedMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Lives of a whole deployment under faults, many of them. One seed alone, with every step printed:
 * {@code mvn -pl flink-jobs test -Dtest=SimulationTest -Dsurefire.extra=-Dfreshet.simulation.seed=SEED}.
 */
class SimulationTest {
    private static final String SEED = "freshet.simulation.seed";

    private Path folder = Path.of("");

    /** In memory where the machine has such a folder: a server writes to its disk for each snapshot, and waits for it. */
    @BeforeEach
    void makeFolder() throws IOException {
        Path memory = Path.of("/dev/shm");
        folder = Files.isWritable(memory)
                ? Files.createTempDirectory(memory, "freshet-simulation")
                : Files.createTempDirectory("freshet-simulation");
    }

    @AfterEach
    void removeFolder() throws IOException {
        Files.deleteIfExists(folder);
    }

    @Test
    void promisesHoldWhateverHappens() {
        Long one = Long.getLong(SEED);
        if (one != null) {
            assertThat(Seeds.failure(one, folder, true)).isEmpty();
        } else {
            assertHolds(0, 200);
        }
    }

    @Test
    @Tag("faults")
    void promisesHoldWhateverHappensInThousandsOfLives() {
        assertHolds(200, 5_200);
    }

    private void assertHolds(long from, long to) {
        SortedMap<Long, String> failures = Seeds.failures(from, to, folder);
        assertThat(failures.keySet())
                .as(() -> failures.size() + " of " + (to - from) + " seeds fail; the first:\n"
                        + failures.get(failures.firstKey()))
                .isEmpty();
    }
}
