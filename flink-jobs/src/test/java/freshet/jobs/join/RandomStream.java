package freshet.jobs.join;

import freshet.features.spec.Transform;
import freshet.serde.event.Event;
import freshet.serde.event.Feedback;
import freshet.serde.event.HistorySeed;
import freshet.serde.event.Impression;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * One user's events and a configuration, drawn from a seed so that everything that can go wrong does: few ids and few
 * moments, so that ties, duplicates (same, later, or with other content), orphans, and feedback before and after its time
 * are common.
 */
final class RandomStream {
    static final long START = 1_650_844_800_000L;
    private static final String[] KINDS = {"click", "like", "watch", "rate", "hide"};

    final JoinSpec spec;
    final List<Event> events = new ArrayList<>();
    final long step;

    private final SplittableRandom random;

    RandomStream(long seed, JoinLimits limits) {
        random = new SplittableRandom(seed);
        // Milliseconds for ties, half minutes for features that tell times apart.
        step = random.nextBoolean() ? 1 : 30_000;
        List<TaskRule> tasks = tasks();
        Duration wait = steps(0, 20);
        Duration window = steps(0, 80);
        long longest = tasks.stream().mapToLong(TaskRule::openMillis).max().orElse(0);
        longest = Math.max(longest, Math.max(wait.toMillis(), window.toMillis()));
        Duration userTtl = Duration.ofMillis(longest + step + random.nextInt(20) * step);
        spec = new JoinSpec(tasks, Duration.ofMillis(10 * step), wait, window, userTtl, limits);
        if (random.nextInt(3) == 0) {
            events.add(historySeed());
        }
        int size = random.nextInt(1, 80);
        while (events.size() < size) {
            events.add(
                    !events.isEmpty() && random.nextInt(5) == 0
                            ? again(events.get(random.nextInt(events.size())))
                            : random.nextInt(3) == 0 ? impression() : feedback());
        }
    }

    private Duration steps(int from, int to) {
        return Duration.ofMillis(random.nextInt(from, to + 1) * step);
    }

    private List<TaskRule> tasks() {
        List<TaskRule> tasks = new ArrayList<>();
        int count = random.nextInt(1, 7);
        int[] horizons = {random.nextInt(1, 10), random.nextInt(1, 40), random.nextInt(1, 100)};
        for (int i = 0; i < count; i++) {
            LabelRule label = label();
            tasks.add(new TaskRule(
                    "task" + i,
                    label,
                    Duration.ofMillis(horizons[random.nextInt(horizons.length)] * step),
                    random.nextInt(4) == 0 ? TaskRule.Decide.AT_HORIZON : TaskRule.Decide.EARLY,
                    i > 0 && random.nextInt(3) == 0 ? "task" + random.nextInt(i) : null,
                    label.canBecomePositiveForGood() && random.nextInt(3) == 0
                            ? new LateRule(LateRule.Mode.CORRECT, steps(1, 60))
                            : LateRule.DROP,
                    label.isBinary() && random.nextInt(3) == 0
                            ? new NegativeSampling(
                                    random.nextInt(1, 4) / 4.0, NegativeSampling.Undo.values()[random.nextInt(2)])
                            : NegativeSampling.ALL));
        }
        return tasks;
    }

    private LabelRule label() {
        String kind = KINDS[random.nextInt(4)];
        LabelRule.Aggregate aggregate = LabelRule.Aggregate.values()[random.nextInt(5)];
        Optional<Threshold> atLeast = random.nextBoolean() ? Optional.of(threshold()) : Optional.empty();
        LabelRule.Divisor divisor = aggregate == LabelRule.Aggregate.ANY || aggregate == LabelRule.Aggregate.COUNT
                ? LabelRule.Divisor.ONE
                : LabelRule.Divisor.values()[random.nextInt(3)];
        return new LabelRule(kind, aggregate, atLeast, divisor, Transform.values()[random.nextInt(4)]);
    }

    private Threshold threshold() {
        return random.nextBoolean()
                ? Threshold.of(random.nextInt(1, 4))
                : new Threshold(List.of(
                        new Threshold.Step(random.nextInt(1, 3000), random.nextInt(1, 4)),
                        new Threshold.Step(Long.MAX_VALUE, random.nextInt(1, 4))));
    }

    private long time() {
        return START + random.nextInt(200) * step;
    }

    private String video() {
        return "v" + random.nextInt(6);
    }

    private HistorySeed historySeed() {
        Map<String, List<String>> recent = Map.of("shown", List.of(video(), video()), "like", List.of(video()));
        return new HistorySeed("u", START - random.nextInt(3), random.nextInt(100), new TreeMap<>(recent));
    }

    private Impression impression() {
        Impression.Builder builder = Impression.builder("i" + random.nextInt(25), "u", video(), time())
                .position(random.nextInt(-1, 3));
        if (random.nextInt(4) > 0) {
            builder.channelId("c" + random.nextInt(3));
        }
        if (random.nextBoolean()) {
            builder.surface("s" + random.nextInt(2)).videoDurationMillis(random.nextInt(1, 3000));
        }
        if (random.nextBoolean()) {
            builder.number("price", random.nextInt(-3, 4) / 2f)
                    .videoPublishedAtMillis(START - random.nextInt(1_000_000));
        }
        if (random.nextBoolean()) {
            builder.ids(
                    "tag",
                    Arrays.asList("t" + random.nextInt(3), "\u00fc\u8f38\ud800").subList(0, random.nextInt(3)));
        }
        return builder.build();
    }

    private Feedback feedback() {
        String kind = KINDS[random.nextInt(KINDS.length)];
        return new Feedback(
                "f" + random.nextInt(60),
                random.nextInt(3) == 0 ? null : "i" + random.nextInt(25),
                "u",
                video(),
                time(),
                kind,
                kind.equals("watch") ? random.nextInt(4000) : random.nextInt(-1, 5));
    }

    /** The event as it was, or something that bears its id. */
    private Event again(Event event) {
        if (event instanceof HistorySeed || random.nextInt(3) > 0) {
            return event;
        }
        if (event instanceof Impression i) {
            return Impression.builder(i.id(), "u", video(), random.nextBoolean() ? i.eventTimeMillis() : time())
                    .build();
        }
        Feedback f = (Feedback) event;
        return new Feedback(
                f.id(),
                f.impressionId(),
                "u",
                f.videoId(),
                random.nextBoolean() ? f.eventTimeMillis() : time(),
                f.kind(),
                2);
    }

    /** The events as they might arrive: none more than {@code bound} behind one that came before it. */
    List<Event> arrival(long bound, SplittableRandom random) {
        record Arriving(Event event, long at, int draw) {}
        return events.stream()
                .map(event ->
                        new Arriving(event, event.eventTimeMillis() + random.nextLong(bound + 1), random.nextInt()))
                .sorted(java.util.Comparator.comparingLong(Arriving::at).thenComparingInt(Arriving::draw))
                .map(Arriving::event)
                .toList();
    }
}
