package freshet.jobs.train;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.jobs.config.FreshetConfig;
import freshet.model.learn.Learner;
import freshet.model.math.CounterRandom;
import freshet.serde.example.ExampleMessage;
import freshet.serde.example.FeatureValues;
import freshet.serde.example.LabeledExample;
import freshet.serde.example.TaskLabel;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.storage.FileSystemCheckpointStorage;
import org.apache.flink.state.rocksdb.EmbeddedRocksDBStateBackend;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A table larger than what is kept of it in memory: filled, saved, saved again after a little was touched, restored, read. Prints
 * seconds and bytes. {@code -Dfreshet.rows=20000000 -Dfreshet.cached_rows=1000000} is the size of issue 6; it needs 10 GB of disk.
 */
@Tag("faults")
class LargeTableTest {
    private static final int ROWS = Integer.getInteger("freshet.rows", 500_000);
    private static final int CACHED_ROWS = Integer.getInteger("freshet.cached_rows", 20_000);
    private static final int DIM = 16;
    private static final int BATCH = 4_096;

    private static final FreshetConfig CONFIG = FreshetConfig.parse("large", """
            name: large
            tasks:
              - {name: click, label: {kind: click}, horizon: 10m, loss: logistic}
            features:
              ids:
                - {name: video, field: video_id}
            model:
              embeddings:
                - {feature: video, dim: %d}
              bottom: [8]
              tower: [4]
            train: {cached_rows: %d}
            """.formatted(DIM, CACHED_ROWS));

    @TempDir
    Path folder;

    private long sinceNanos;
    private long sinceCpuNanos;

    @Test
    void isSavedInStepsAndRestoredWithoutReadingIt() throws Exception {
        OperatorSubtaskState saved;
        try (Harness harness = new Harness(null)) {
            Learner learner = harness.operator.learner();
            start();
            float[] row = new float[2 * DIM];
            for (int id = 0; id < ROWS; id++) {
                for (int i = 0; i < row.length; i++) {
                    row[i] = CounterRandom.uniform(id, i); // nothing that could be compressed
                }
                learner.putRow(0, id, row);
                if (id % BATCH == BATCH - 1) {
                    learner.score(List.of(example(0)), new float[1]); // ends a batch
                }
            }
            report("filled");
            saved = harness.save(1);
            report("first checkpoint, " + saved.getStateSize() / 1_000_000 + " MB");
            for (int i = 0; i < 10; i++) {
                learner.step(List.of(example(i * (ROWS / 10))), new float[1]);
            }
            start();
            OperatorSubtaskState next = harness.save(2);
            report("checkpoint after 10 new rows, " + next.getCheckpointedSize() + " bytes");
        }
        try (Harness harness = new Harness(saved)) {
            report("restored");
            Learner learner = harness.operator.learner();
            assertThat(learner.rowCount(0)).isEqualTo(ROWS);
            assertThat(learner.tableStatus(0).inMemory()).as("nothing was read").isZero();
            learner.step(List.of(example(7)), new float[1]);
            report("first step");
            long[] seen = {0, Long.MIN_VALUE};
            learner.forEachRow(0, (id, weights) -> {
                if (seen[0]++ > 0 && id <= seen[1]) {
                    throw new AssertionError("found row " + id + " behind " + seen[1]);
                }
                seen[1] = id;
            });
            assertThat(seen[0]).isEqualTo(ROWS + 1);
            report("scanned");
        }
    }

    private void start() {
        sinceNanos = System.nanoTime();
        sinceCpuNanos = cpuNanos();
    }

    /** Time on the clock and of this thread's processor, which on a busy machine says more. */
    private void report(String what) {
        System.out.printf(
                Locale.ROOT,
                "%,d rows x %d, %,d in memory: %s, %.2f s, processor %.2f s%n",
                ROWS,
                DIM,
                CACHED_ROWS,
                what,
                (System.nanoTime() - sinceNanos) / 1e9,
                (cpuNanos() - sinceCpuNanos) / 1e9);
        start();
    }

    private static long cpuNanos() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    private static LabeledExample example(int video) {
        FeatureValues features = new FeatureValues(new String[][] {{"v" + video}}, new float[0]);
        return new LabeledExample("i", "u", "v", 1_000, 2_000, features, List.of(new TaskLabel("click", 1, 1)));
    }

    private final class Harness implements AutoCloseable {
        private final TrainOperator operator = new TrainOperator(TrainPlan.of(CONFIG, Optional.empty()));
        private final KeyedOneInputStreamOperatorTestHarness<Integer, ExampleMessage, TrainRecord> harness;

        Harness(@Nullable OperatorSubtaskState restoredFrom) throws Exception {
            harness = new KeyedOneInputStreamOperatorTestHarness<>(operator, any -> TrainOperator.REPLICA, Types.INT);
            harness.setStateBackend(new EmbeddedRocksDBStateBackend(true));
            harness.setCheckpointStorage(new FileSystemCheckpointStorage(folder.toUri()));
            harness.setup(new TrainRecordSerializer());
            start();
            if (restoredFrom != null) {
                harness.initializeState(restoredFrom);
            }
            harness.open();
        }

        OperatorSubtaskState save(long checkpoint) throws Exception {
            OperatorSubtaskState saved = harness.snapshot(checkpoint, checkpoint);
            harness.notifyOfCompletedCheckpoint(checkpoint);
            return saved;
        }

        @Override
        public void close() throws Exception {
            harness.close();
        }
    }
}
