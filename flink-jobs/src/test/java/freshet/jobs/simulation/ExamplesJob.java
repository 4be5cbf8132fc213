package freshet.jobs.simulation;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.join.SteppedJoin;
import freshet.jobs.source.DisorderWatermarks;
import freshet.jobs.source.SourceRecord;
import freshet.serde.event.Event;
import freshet.serde.event.Feedback;
import freshet.serde.event.HistorySeed;
import freshet.serde.example.ExampleMessage;
import freshet.serde.example.Frontier;
import freshet.serde.example.LabeledExample;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkOutput;
import org.jspecify.annotations.Nullable;

/**
 * Sources, channels, join, producers. Each source and each subtask of the join runs at its own pace; between them are channels that
 * keep order, and a barrier waits until they are empty, which is what alignment comes to.
 */
final class ExamplesJob extends Job<ExamplesJob.Saved> {
    private static final long MAX_FUTURE_MILLIS = 86_400_000;

    private final FreshetConfig config;
    private final Topics topics;
    private final Draw draw;
    private final Invariants invariants;
    private final List<Producer<byte[]>> producers = new ArrayList<>();

    private SteppedJoin join;
    private long[] offsets = new long[Topics.PARTITIONS];
    private final boolean[] ended = new boolean[Topics.PARTITIONS];
    private final List<DisorderWatermarks> watermarks = new ArrayList<>();
    /** By partition and subtask: events and watermarks. */
    private final List<List<Deque<Object>>> channels = new ArrayList<>();

    private long[][] channelWatermarks = {};
    private long[] subtaskWatermarks = {};

    /** A checkpoint. */
    record Saved(long[] offsets, SteppedJoin.Saved join) {}

    ExamplesJob(FreshetConfig config, Topics topics, Draw draw, Invariants invariants) {
        this.config = config;
        this.topics = topics;
        this.draw = draw;
        this.invariants = invariants;
        for (int partition = 0; partition < Topics.PARTITIONS; partition++) {
            producers.add(new Producer<>("examples-" + partition, topics.examples.get(partition)::add));
        }
        join = start(null);
    }

    private SteppedJoin start(@Nullable Saved from) {
        SteppedJoin started =
                new SteppedJoin(config, draw.of(1, 1, 2, 3), from == null ? null : from.join, new SteppedJoin.Output() {
                    @Override
                    public void message(ExampleMessage message) {
                        send(message);
                    }

                    @Override
                    public void late(Event event) {
                        throw new Broken("P3", "found " + event + " late, which came within the bound");
                    }

                    @Override
                    public void orphan(Feedback feedback) {
                        invariants.orphan(feedback);
                    }
                });
        offsets = from == null ? new long[Topics.PARTITIONS] : from.offsets.clone();
        Arrays.fill(ended, false);
        watermarks.clear();
        channels.clear();
        for (int partition = 0; partition < Topics.PARTITIONS; partition++) {
            watermarks.add(new DisorderWatermarks(config.join().maxDisorder().toMillis(), MAX_FUTURE_MILLIS));
            List<Deque<Object>> ofPartition = new ArrayList<>();
            for (int subtask = 0; subtask < started.parallelism(); subtask++) {
                ofPartition.add(new ArrayDeque<>());
            }
            channels.add(ofPartition);
        }
        channelWatermarks = new long[started.parallelism()][Topics.PARTITIONS];
        subtaskWatermarks = new long[started.parallelism()];
        Arrays.fill(subtaskWatermarks, Long.MIN_VALUE);
        for (long[] ofSubtask : channelWatermarks) {
            Arrays.fill(ofSubtask, Long.MIN_VALUE);
        }
        return started;
    }

    @Override
    protected void restart(@Nullable Saved from) {
        producers.forEach(producer -> producer.die(draw));
        join = start(from);
    }

    @Override
    protected Saved save() {
        for (int partition = 0; partition < Topics.PARTITIONS; partition++) {
            for (int subtask = 0; subtask < join.parallelism(); subtask++) {
                while (process(partition, subtask).isPresent()) {}
            }
        }
        producers.forEach(Producer::flush);
        return new Saved(offsets.clone(), join.save());
    }

    @Override
    public List<Supplier<Optional<String>>> threads() {
        List<Supplier<Optional<String>>> threads = new ArrayList<>();
        for (int partition = 0; partition < Topics.PARTITIONS; partition++) {
            int of = partition;
            threads.add(() -> read(of));
            threads.add(() -> processAny(of));
            threads.add(producers.get(partition)::step);
        }
        return threads;
    }

    private Optional<String> read(int partition) {
        List<Event> records = topics.events.get(partition);
        if (ended[partition]) {
            return Optional.empty();
        }
        if (offsets[partition] == records.size()) {
            ended[partition] = true;
            send(partition, Long.MAX_VALUE);
            return Optional.of("events-" + partition + " end");
        }
        long offset = offsets[partition]++;
        Event event = records.get((int) offset);
        channels.get(partition).get(join.subtaskOf(event)).add(event);
        if (!(event instanceof HistorySeed)) {
            SourceRecord.Origin origin = new SourceRecord.Origin("events", partition, offset);
            watermarks
                    .get(partition)
                    .onEvent(
                            new SourceRecord.Good(event, origin, new byte[0]),
                            event.eventTimeMillis(),
                            new WatermarkOutput() {
                                @Override
                                public void emitWatermark(Watermark watermark) {
                                    send(partition, watermark.getTimestamp());
                                }

                                @Override
                                public void markIdle() {}

                                @Override
                                public void markActive() {}
                            });
        }
        return Optional.of("examples job reads events-" + partition + " @" + offset + ": " + event.id());
    }

    private void send(int partition, long watermark) {
        channels.get(partition).forEach(channel -> channel.add(watermark));
    }

    private Optional<String> processAny(int partition) {
        int first = draw.below(join.parallelism());
        for (int i = 0; i < join.parallelism(); i++) {
            Optional<String> done = process(partition, (first + i) % join.parallelism());
            if (done.isPresent()) {
                return done;
            }
        }
        return Optional.empty();
    }

    private Optional<String> process(int partition, int subtask) {
        Object next = channels.get(partition).get(subtask).poll();
        if (next == null) {
            return Optional.empty();
        }
        if (next instanceof Event event) {
            join.event(subtask, event);
        } else {
            channelWatermarks[subtask][partition] = (long) next;
            long smallest = Arrays.stream(channelWatermarks[subtask]).min().orElseThrow();
            if (smallest > subtaskWatermarks[subtask]) {
                subtaskWatermarks[subtask] = smallest;
                join.watermark(subtask, smallest);
            }
        }
        invariants.ledger(join.ledger());
        return Optional.of("join " + subtask + " takes " + (next instanceof Event event ? event.id() : "time " + next));
    }

    private void send(ExampleMessage message) {
        if (message instanceof LabeledExample example) {
            invariants.joined(example);
            int partition = Math.floorMod(example.userId().hashCode(), Topics.PARTITIONS);
            producers.get(partition).send(topics.codec.encode(example));
        } else if (message instanceof Frontier promise) {
            for (int partition = 0; partition < Topics.PARTITIONS; partition++) {
                producers
                        .get(partition)
                        .send(topics.codec.encode(new Frontier(
                                partition,
                                Topics.PARTITIONS,
                                promise.firstKeyGroup(),
                                promise.lastKeyGroup(),
                                promise.keyGroups(),
                                promise.throughMillis())));
            }
        }
    }

    SteppedJoin join() {
        return join;
    }
}
