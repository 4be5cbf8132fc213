package freshet.serde.wire;

import freshet.serde.event.DeadLetter;
import freshet.serde.event.EventValidator;
import freshet.serde.event.Feedback;
import freshet.serde.event.HistorySeed;
import freshet.serde.event.Impression;
import freshet.serde.event.Video;
import freshet.serde.example.FeatureSchema;
import freshet.serde.example.FeatureValues;
import freshet.serde.example.Frontier;
import freshet.serde.example.LabeledExample;
import freshet.serde.example.TaskLabel;
import freshet.serde.feature.FeatureState;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** Valid values of every kind, a function of a seed; edges (longest text, widest number) come often. */
final class Samples {
    static final FeatureSchema FEATURES =
            new FeatureSchema(List.of("user", "video", "tag", "последние"), List.of("since_watch", "age", "duration"));

    private static final String[] LETTERS = {
        "a", "Z", "7", "-", " ", "\"", "\\", "\n", "\u0001", "é", "視", "🎬", "\uFFFD"
    };

    private final Random random;

    Samples(long seed) {
        random = new Random(seed);
    }

    Impression impression() {
        Impression.Builder builder = Impression.builder(id(), id(), id(), time());
        if (random.nextBoolean()) {
            builder.requestId(id())
                    .channelId(id())
                    .position(random.nextInt(4) == 0 ? Integer.MAX_VALUE : random.nextInt(50));
        }
        if (random.nextBoolean()) {
            builder.device(id())
                    .surface(id())
                    .queryVideoId(id())
                    .userLanguage("en")
                    .videoLanguage(id());
        }
        if (random.nextBoolean()) {
            builder.videoDurationMillis(random.nextLong(1L << random.nextInt(1, 62)))
                    .videoPublishedAtMillis(random.nextLong(EventValidator.MAX_TIME_MILLIS));
        }
        for (int i = random.nextInt(4); i > 0; i--) {
            builder.ids(id(), ids()).number(id(), number()).score(id(), random.nextFloat());
        }
        return builder.modelVersion(random.nextBoolean() ? "20220425T16Z" : null)
                .build();
    }

    Feedback feedback() {
        return new Feedback(
                id(),
                random.nextBoolean() ? id() : null,
                id(),
                id(),
                time(),
                random.nextBoolean() ? Feedback.WATCH : id(),
                random.nextBoolean()
                        ? 1
                        : Math.abs(Double.longBitsToDouble(random.nextLong() >>> 12 | 0x3FE0000000000000L)));
    }

    /** What an impression says of its video. */
    static Video videoOf(Impression impression) {
        return new Video(
                impression.videoId(),
                impression.channelId(),
                impression.videoLanguage(),
                impression.videoDurationMillis(),
                impression.videoPublishedAtMillis(),
                impression.ids(),
                impression.numbers());
    }

    HistorySeed history() {
        TreeMap<String, List<String>> recent = new TreeMap<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            recent.put(id(), ids());
        }
        return new HistorySeed(id(), time(), random.nextLong(Long.MAX_VALUE), recent);
    }

    DeadLetter deadLetter() {
        byte[] raw = new byte[random.nextInt(100)];
        random.nextBytes(raw);
        DeadLetter.Reason[] reasons = DeadLetter.Reason.values();
        return new DeadLetter(
                id(), random.nextInt(100), random.nextLong(), reasons[random.nextInt(reasons.length)], id(), raw);
    }

    FeatureState featureState() {
        byte[] state = new byte[random.nextInt(100)];
        random.nextBytes(state);
        FeatureState.Scope[] scopes = FeatureState.Scope.values();
        return new FeatureState(
                new FeatureState.Key(scopes[random.nextInt(scopes.length)], id()), random.nextLong(), state);
    }

    LabeledExample example() {
        String[][] ids = new String[FEATURES.idNames().size()][];
        for (int slot = 0; slot < ids.length; slot++) {
            ids[slot] = random.nextInt(3) == 0 ? new String[0] : ids().toArray(new String[0]);
        }
        float[] numbers = new float[FEATURES.numberNames().size()];
        for (int slot = 0; slot < numbers.length; slot++) {
            numbers[slot] = random.nextInt(3) == 0 ? 0 : number();
        }
        List<TaskLabel> labels = IntStream.rangeClosed(0, random.nextInt(3))
                .mapToObj(task -> new TaskLabel(
                        "task" + task,
                        random.nextInt(2),
                        0.5f + random.nextFloat(),
                        random.nextInt(3) == 0 ? 0.25f : 1f,
                        random.nextInt(3) == 0 ? 2f : 0f))
                .toList();
        long time = time();
        return new LabeledExample(
                id(), id(), id(), time, time + random.nextInt(100_000), new FeatureValues(ids, numbers), labels);
    }

    Frontier frontier() {
        int partitions = 1 + random.nextInt(64);
        int last = random.nextInt(128);
        return new Frontier(
                random.nextInt(partitions),
                partitions,
                random.nextInt(last + 1),
                last,
                128,
                random.nextInt(3) == 0 ? Frontier.END : time());
    }

    /** Finite, of any magnitude, of either sign, not minus zero. */
    float number() {
        float value = random.nextInt(3) == 0 ? random.nextInt(1000) : Float.intBitsToFloat(random.nextInt());
        return Float.isFinite(value) ? value + 0f : 1.5f;
    }

    private List<String> ids() {
        List<String> ids = new ArrayList<>();
        for (int i = random.nextInt(5); i > 0; i--) {
            ids.add(id());
        }
        return ids;
    }

    private String id() {
        if (random.nextInt(50) == 0) {
            return "x".repeat(EventValidator.MAX_TEXT_BYTES);
        }
        StringBuilder id = new StringBuilder("i");
        for (int i = random.nextInt(8); i > 0; i--) {
            id.append(LETTERS[random.nextInt(LETTERS.length)]);
        }
        return id.toString();
    }

    private long time() {
        return random.nextLong(EventValidator.MIN_TIME_MILLIS, EventValidator.MAX_TIME_MILLIS);
    }
}
