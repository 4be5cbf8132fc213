package freshet.model.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.model.ModelFixtures;
import freshet.model.spec.ModelSpec;
import freshet.serde.snapshot.Snapshot;
import freshet.serde.snapshot.SnapshotDirectory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * A snapshot of format 2 that was written once and is kept: whatever becomes of the code, it has to stay readable and to score
 * as it did. {@code src/test/python/read_snapshot.py} reads the same one without our code.
 *
 * <p>To write another (for a new format, beside this one): run this class with {@code JAVA_TOOL_OPTIONS=-Dfreshet.store=DIR}.
 */
class StoredSnapshotTest {
    private static final Path STORED = Path.of("src/test/resources/freshet/model/snapshot/format-2");

    @Test
    void isStillReadableAndScoresAsItDid() throws Exception {
        SnapshotDirectory directory = new SnapshotDirectory(STORED);
        Snapshot snapshot = directory.read(SnapshotFixtures.version(1));
        SnapshotScorer scorer = new SnapshotScorer(snapshot);
        SnapshotModel model = SnapshotModel.of(snapshot);
        assertThat(model.golden()).hasSize(9);
        for (GoldenRows.Row row : model.golden()) {
            float[] found = new float[model.spec().taskCount()];
            scorer.scoreHashed(List.of(row.features()), found);
            assertThat(found).isEqualTo(row.predictions());
        }
    }

    @Test
    void everyPartOfAModelIsInIt() throws Exception {
        Snapshot snapshot = new SnapshotDirectory(STORED).read(SnapshotFixtures.version(1));
        ModelSpec spec = SnapshotModel.of(snapshot).spec();
        assertThat(spec.crossLayers()).isPositive();
        assertThat(spec.expertCount()).isPositive();
        assertThat(spec.wide()).isNotEmpty();
        assertThat(spec.rates().keys()).isNotEmpty();
        assertThat(spec.shallow().missingWhenScoring()).isTrue();
    }

    @Test
    void storesAnotherWhereAsked() throws Exception {
        String place = System.getProperty("freshet.store");
        if (place != null) {
            Snapshot snapshot = SnapshotFixtures.snapshot(
                    SnapshotFixtures.learner(ModelFixtures.spec(ModelFixtures.FULL), 1, 40), 1);
            assertThat(Files.exists(new SnapshotDirectory(Path.of(place)).write(snapshot)))
                    .isTrue();
        }
    }
}
