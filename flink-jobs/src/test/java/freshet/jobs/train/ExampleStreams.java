package freshet.jobs.train;

import freshet.serde.example.ExampleMessage;
import freshet.serde.example.FeatureSchema;
import freshet.serde.example.FeatureValues;
import freshet.serde.example.Frontier;
import freshet.serde.example.LabeledExample;
import freshet.serde.example.TaskLabel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Random;

/** Random examples and the ways in which an examples job may deliver them; everything follows from the seed. */
final class ExampleStreams {
    static final FeatureSchema SCHEMA = new FeatureSchema(List.of("user", "video"), List.of("age"));
    static final int KEY_GROUPS = 8;

    /** 2022-04-25T00:00Z, so that hours have names that people can read. */
    static final long START_MILLIS = 1_650_844_800_000L;

    private ExampleStreams() {}

    /** Examples of users u0 to u19 whose decided times spread over a span, many of them equal; in no order. */
    static List<LabeledExample> random(long seed, int count, long spanMillis, String... tasks) {
        Random random = new Random(seed);
        List<LabeledExample> examples = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            long shown = START_MILLIS + (long) (random.nextDouble() * spanMillis) / 1_000 * 1_000;
            int taste = random.nextInt(20);
            int quality = random.nextInt(10);
            String user = "u" + taste;
            String video = "v" + quality;
            boolean likes = taste / 20.0 + quality / 10.0 > 1;
            List<TaskLabel> labels = new ArrayList<>();
            for (String task : tasks) {
                if (labels.isEmpty() || random.nextBoolean()) {
                    labels.add(new TaskLabel(task, likes == (random.nextInt(5) > 0) ? 1 : 0, 1));
                }
            }
            examples.add(new LabeledExample(
                    "i" + i,
                    user,
                    video,
                    shown,
                    shown + random.nextInt(600) * 1_000L,
                    new FeatureValues(new String[][] {{user}, {video}}, new float[] {random.nextFloat()}),
                    labels));
        }
        return examples;
    }

    /**
     * One delivery: as many writers as asked, each owner of a range of key groups, spread their examples over partitions
     * with promises among them; the reader meets the partitions interleaved at random. A restart makes a writer send some
     * of its messages a second time.
     */
    static List<ExampleMessage> delivery(long seed, List<LabeledExample> examples, int writers, int partitions) {
        Random random = new Random(seed);
        List<Deque<ExampleMessage>> logs = new ArrayList<>();
        for (int partition = 0; partition < partitions; partition++) {
            logs.add(new ArrayDeque<>());
        }
        List<List<PartitionMessage>> perWriter = new ArrayList<>();
        for (int writer = 0; writer < writers; writer++) {
            perWriter.add(new ArrayList<>(writer(random, examples, writer, writers, partitions)));
        }
        while (perWriter.stream().anyMatch(list -> !list.isEmpty())) {
            List<PartitionMessage> next = perWriter.get(random.nextInt(writers));
            if (!next.isEmpty()) {
                PartitionMessage message = next.remove(0);
                logs.get(message.partition()).add(message.message());
            }
        }
        List<ExampleMessage> read = new ArrayList<>();
        while (logs.stream().anyMatch(log -> !log.isEmpty())) {
            Deque<ExampleMessage> log = logs.get(random.nextInt(partitions));
            for (int run = random.nextInt(20); run >= 0 && !log.isEmpty(); run--) {
                read.add(log.remove());
            }
        }
        return read;
    }

    private record PartitionMessage(int partition, ExampleMessage message) {}

    private static List<PartitionMessage> writer(
            Random random, List<LabeledExample> examples, int writer, int writers, int partitions) {
        int first = KEY_GROUPS * writer / writers;
        int last = KEY_GROUPS * (writer + 1) / writers - 1;
        List<LabeledExample> mine = examples.stream()
                .filter(example -> {
                    int group = Math.floorMod(example.userId().hashCode(), KEY_GROUPS);
                    return group >= first && group <= last;
                })
                .sorted(Comparator.comparingLong(LabeledExample::decidedTimeMillis))
                .toList();
        List<PartitionMessage> sent = new ArrayList<>();
        long promised = Long.MIN_VALUE;
        int index = 0;
        int checkpoint = 0;
        while (index < mine.size()) {
            // Everything due up to a moment, in any order, then the promise: that is all a writer owes its readers.
            long through = mine.get(Math.min(mine.size() - 1, index + random.nextInt(15)))
                    .decidedTimeMillis();
            List<LabeledExample> due = new ArrayList<>();
            while (index < mine.size() && mine.get(index).decidedTimeMillis() <= through) {
                due.add(mine.get(index++));
            }
            java.util.Collections.shuffle(due, random);
            due.forEach(example ->
                    sent.add(new PartitionMessage(Math.floorMod(example.userId().hashCode(), partitions), example)));
            promised = Math.max(promised, through);
            promise(sent, partitions, first, last, promised);
            if (random.nextInt(10) == 0) {
                List<PartitionMessage> again = List.copyOf(sent.subList(checkpoint, sent.size()));
                checkpoint = sent.size();
                sent.addAll(again);
            }
        }
        promise(sent, partitions, first, last, Frontier.END);
        return sent;
    }

    private static void promise(List<PartitionMessage> sent, int partitions, int first, int last, long through) {
        for (int partition = 0; partition < partitions; partition++) {
            sent.add(new PartitionMessage(
                    partition, new Frontier(partition, partitions, first, last, KEY_GROUPS, through)));
        }
    }
}
