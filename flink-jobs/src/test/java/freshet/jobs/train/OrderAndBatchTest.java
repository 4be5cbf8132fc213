package freshet.jobs.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import freshet.jobs.order.ExampleBytes;
import freshet.jobs.order.ExampleFrontier;
import freshet.jobs.order.OrderBuffer;
import freshet.serde.example.ExampleMessage;
import freshet.serde.example.Frontier;
import freshet.serde.example.LabeledExample;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Frontier, order buffer and batcher together, against sorting everything and cutting it in a plain loop. */
class OrderAndBatchTest {
    private static final long MINUTE = 60_000;
    private static final long HOUR = 60 * MINUTE;
    private static final ExampleBytes BYTES = new ExampleBytes(ExampleStreams.SCHEMA);

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
    void cutsTheSameBatchesForAnyDeliveryAndAnyRestart(long seed) throws IOException {
        Random random = new Random(seed);
        int batchSize = 1 + random.nextInt(12);
        long tick = (1 + random.nextInt(5)) * MINUTE;
        List<LabeledExample> examples = ExampleStreams.random(seed, 600, 5 * HOUR, "click");
        List<ExampleMessage> delivery =
                ExampleStreams.delivery(seed, examples, 1 + random.nextInt(4), 1 + random.nextInt(3));

        assertThat(run(delivery, batchSize, tick, random)).isEqualTo(reference(examples, batchSize, tick));
    }

    @Test
    void examplesReadFarAheadWaitElsewhere() {
        HeapStorage storage = new HeapStorage();
        OrderBuffer buffer = new OrderBuffer(BYTES, storage.waiting(), 100);
        List<LabeledExample> examples = ExampleStreams.random(3, 2_000, 5 * HOUR, "click");
        Collections.shuffle(examples, new Random(3));
        examples.forEach(buffer::add);
        assertThat(buffer.elsewhere()).isBetween(1_900L, 1_950L);
        assertThat(storage.blocks()).isPositive();
        buffer.add(examples.get(0)); // perhaps elsewhere: then it is found out later
        assertThat(buffer.size()).isBetween(2_000L, 2_001L);
        List<LabeledExample> released = new ArrayList<>();
        long first = examples.stream()
                .mapToLong(LabeledExample::decidedTimeMillis)
                .min()
                .orElseThrow();
        for (long through = first; through < first + 7 * HOUR; through += 7 * MINUTE) {
            buffer.release(through, released::add);
        }
        List<LabeledExample> sorted = new ArrayList<>(examples);
        sorted.sort(LabeledExample.ORDER);
        assertThat(released).isEqualTo(sorted);
        assertThat(buffer.repeats()).isEqualTo(1);
        assertThat(buffer.size()).isZero();
        assertThat(storage.blocks()).isZero();
    }

    /** What cannot be put elsewhere, because it is all of one minute, is not tried again with every example. */
    @Test
    void aMinuteStaysTogether() {
        OrderBuffer buffer = new OrderBuffer(BYTES, new HeapStorage().waiting(), 10);
        ExampleStreams.random(4, 200, MINUTE / 2, "click").forEach(buffer::add);
        List<LabeledExample> released = new ArrayList<>();
        buffer.release(Frontier.END, released::add);
        assertThat(released).hasSize(200).isSortedAccordingTo(LabeledExample.ORDER);
    }

    @Test
    void countsRepeatsWhetherTheFirstOneWaitsOrHasLeft() {
        LabeledExample example = ExampleStreams.random(1, 1, HOUR, "click").get(0);
        OrderBuffer buffer = new OrderBuffer(BYTES, new HeapStorage().waiting(), 100);
        List<LabeledExample> released = new ArrayList<>();
        buffer.add(example);
        buffer.add(example);
        assertThat(buffer.repeats()).isEqualTo(1);
        buffer.release(example.decidedTimeMillis(), released::add);
        buffer.add(example);
        assertThat(buffer.repeats()).isEqualTo(2);
        buffer.release(Frontier.END, released::add);
        assertThat(released).containsExactly(example);
    }

    @Test
    void twoViewersWithOneImpressionIdAreTwoExamples() {
        LabeledExample of = ExampleStreams.random(1, 1, HOUR, "click").get(0);
        LabeledExample ofAnother = new LabeledExample(
                of.impressionId(),
                of.userId() + "'",
                of.videoId(),
                of.eventTimeMillis(),
                of.decidedTimeMillis(),
                of.features(),
                of.labels());
        OrderBuffer buffer = new OrderBuffer(BYTES, new HeapStorage().waiting(), 100);
        List<LabeledExample> released = new ArrayList<>();
        buffer.add(ofAnother);
        buffer.add(of);
        buffer.release(Frontier.END, released::add);
        assertThat(released).containsExactly(of, ofAnother);
    }

    @Test
    void waitsForEveryKeyGroupInEveryPartition() {
        ExampleFrontier frontier = new ExampleFrontier();
        frontier.accept(new Frontier(0, 2, 0, 7, 8, 50));
        assertThat(frontier.throughMillis()).isEqualTo(ExampleFrontier.NONE);
        frontier.accept(new Frontier(1, 2, 0, 3, 8, 40));
        assertThat(frontier.throughMillis()).isEqualTo(ExampleFrontier.NONE);
        frontier.accept(new Frontier(1, 2, 4, 7, 8, 30));
        assertThat(frontier.throughMillis()).isEqualTo(30);
        // A writer that restarted promises less than before; what it promised still holds.
        frontier.accept(new Frontier(1, 2, 4, 7, 8, 10));
        assertThat(frontier.throughMillis()).isEqualTo(30);
        frontier.accept(new Frontier(1, 2, 4, 7, 8, Frontier.END));
        assertThat(frontier.throughMillis()).isEqualTo(40);
    }

    @Test
    void waitsForAPartitionThatWasAdded() {
        ExampleFrontier frontier = new ExampleFrontier();
        frontier.accept(new Frontier(0, 1, 0, 7, 8, 50));
        assertThat(frontier.throughMillis()).isEqualTo(50);
        frontier.accept(new Frontier(0, 2, 0, 7, 8, 70));
        assertThat(frontier.throughMillis()).isEqualTo(50);
        frontier.accept(new Frontier(1, 2, 0, 7, 8, 60));
        assertThat(frontier.throughMillis()).isEqualTo(60);
    }

    @Test
    void refusesPromisesThatCountKeyGroupsOtherwise() {
        ExampleFrontier frontier = new ExampleFrontier();
        frontier.accept(new Frontier(0, 1, 0, 7, 8, 50));
        assertThatThrownBy(() -> frontier.accept(new Frontier(0, 1, 0, 15, 16, 60)))
                .hasMessageContaining("found a promise among 16 key groups, expected 8");
    }

    /** Runs a delivery through; now and then everything is saved and goes on restored. */
    private static List<String> run(List<ExampleMessage> delivery, int batchSize, long tick, Random random)
            throws IOException {
        int mostInMemory = 5 + random.nextInt(100);
        HeapStorage storage = new HeapStorage();
        ExampleFrontier frontier = new ExampleFrontier();
        OrderBuffer buffer = new OrderBuffer(BYTES, storage.waiting(), mostInMemory);
        Batcher batcher = new Batcher(batchSize, tick, 2 * tick, HOUR);
        Recorder recorder = new Recorder();
        for (ExampleMessage message : delivery) {
            if (random.nextInt(50) == 0) {
                ByteArrayOutputStream saved = new ByteArrayOutputStream();
                DataOutputStream out = new DataOutputStream(saved);
                frontier.save(out);
                buffer.save(out);
                batcher.save(out, BYTES);
                DataInputStream in = new DataInputStream(new ByteArrayInputStream(saved.toByteArray()));
                frontier = ExampleFrontier.restore(in);
                storage = storage.copy();
                buffer = new OrderBuffer(BYTES, storage.waiting(), mostInMemory);
                buffer.restore(in);
                batcher = new Batcher(batchSize, tick, 2 * tick, HOUR);
                batcher.restore(in, BYTES);
                assertThat(in.read()).isEqualTo(-1);
            }
            if (message instanceof LabeledExample example) {
                buffer.add(example);
            } else if (message instanceof Frontier promise) {
                frontier.accept(promise);
                Batcher cutting = batcher;
                buffer.release(frontier.throughMillis(), example -> cutting.accept(example, recorder));
                batcher.advance(frontier.throughMillis(), recorder);
            }
        }
        return recorder.log;
    }

    private static List<String> reference(List<LabeledExample> examples, int batchSize, long tick) {
        List<LabeledExample> sorted = new ArrayList<>(examples);
        Collections.sort(sorted, LabeledExample.ORDER);
        List<String> log = new ArrayList<>();
        List<LabeledExample> batch = new ArrayList<>();
        for (int i = 0; i < sorted.size(); i++) {
            LabeledExample example = sorted.get(i);
            batch.add(example);
            long next = i + 1 < sorted.size() ? sorted.get(i + 1).decidedTimeMillis() : Long.MAX_VALUE;
            boolean hourEnds = next / HOUR > example.decidedTimeMillis() / HOUR;
            if (batch.size() == batchSize || hourEnds || next / tick > example.decidedTimeMillis() / tick) {
                log.add(describe(batch));
                batch.clear();
            }
            long delta = 2 * tick;
            long deltaDue = (example.decidedTimeMillis() / delta + 1) * delta;
            long snapshotDue = (example.decidedTimeMillis() / HOUR + 1) * HOUR;
            if (next >= deltaDue && deltaDue < snapshotDue) {
                log.add("delta " + deltaDue);
            }
            if (hourEnds) {
                log.add("snapshot " + (example.decidedTimeMillis() / HOUR + 1) * HOUR);
            }
        }
        return log;
    }

    private static String describe(List<LabeledExample> batch) {
        return "batch " + batch.stream().map(LabeledExample::impressionId).toList();
    }

    private static final class Recorder implements Batcher.Cuts {
        private final List<String> log = new ArrayList<>();

        @Override
        public void batch(List<LabeledExample> examples) {
            log.add(describe(examples));
        }

        @Override
        public void delta(long asOfMillis) {
            log.add("delta " + asOfMillis);
        }

        @Override
        public void snapshot(long asOfMillis) {
            log.add("snapshot " + asOfMillis);
        }
    }
}
