package freshet.jobs;

import freshet.jobs.config.FreshetConfig;
import freshet.serde.event.Event;
import freshet.serde.event.Feedback;
import freshet.serde.event.HistorySeed;
import freshet.serde.event.Impression;
import freshet.serde.wire.EventJson;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * Events of a few viewers over some hours, drawn from a seed, for tests of operators and jobs: feedback inside and outside
 * its horizon, before its impression and without one, duplicates, and viewers with a history.
 */
public final class ViewerEvents {
    public static final long START = 1_650_844_800_000L; // 2022-04-25T00:00:00Z
    private static final long HOUR = 3_600_000L;

    /** A configuration for them; the disorder is {@link #MAX_DISORDER_MILLIS}. */
    public static final String YAML = """
            name: viewers
            events:
              max_disorder: 1m
              feedback_wait: 5m
              duplicate_window: 1h
            join: {hot_mebibytes: 0.01}
            tasks:
              - {name: click, label: {kind: click}, horizon: 2m}
              - {name: like, label: {kind: like}, horizon: 20m, decide: at_horizon, given: click}
              - name: watch
                label: {kind: watch, aggregate: sum, unit: seconds, transform: log1p}
                horizon: 10m
                loss: squared
            features:
              ids:
                - {name: user, field: user_id}
                - {name: video, field: video_id}
                - {name: last_shown, kind: recent_videos, of: shown, count: 5}
              numbers:
                - {name: since_watch, kind: time_since_last_watch, scope: any, transform: log1p}
                - {name: impressions, kind: previous_impressions, scope: any, transform: log1p}
            model:
              embeddings: [{feature: video, dim: 2}]
              bottom: [4]
              tower: [2]
              batch: 16
            """;

    public static final long MAX_DISORDER_MILLIS = 60_000;

    private final List<Event> events = new ArrayList<>();

    /** Draws {@code count} impressions of {@code users} viewers, and what goes with them. */
    public ViewerEvents(long seed, int users, int count) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int user = 0; user < users; user++) {
            if (random.nextInt(3) == 0) {
                events.add(new HistorySeed(
                        "u" + user,
                        START - random.nextLong(HOUR),
                        random.nextInt(50),
                        new TreeMap<>(Map.of("shown", List.of("v1", "v2")))));
            }
        }
        for (int i = 0; i < count; i++) {
            addImpression(i, "u" + random.nextInt(users), random);
        }
    }

    private void addImpression(int number, String user, SplittableRandom random) {
        long time = START + random.nextLong(3 * HOUR);
        String video = "v" + random.nextInt(20);
        Impression impression = Impression.builder("i" + number, user, video, time)
                .channelId("c" + random.nextInt(5))
                .videoDurationMillis(random.nextInt(1, 60_000))
                .build();
        events.add(impression);
        if (random.nextInt(20) == 0) {
            events.add(impression);
        }
        for (String kind : List.of("click", "like", Feedback.WATCH)) {
            if (random.nextInt(3) == 0) {
                addFeedback(number, kind, impression, random);
            }
        }
    }

    private void addFeedback(int number, String kind, Impression impression, SplittableRandom random) {
        long time = impression.eventTimeMillis() + random.nextLong(-60_000, HOUR / 2);
        String answered = switch (random.nextInt(10)) {
            case 0 -> null;
            case 1 -> "never-shown-" + number;
            default -> impression.impressionId();
        };
        Feedback feedback = new Feedback(
                kind + number,
                answered,
                impression.userId(),
                impression.videoId(),
                time,
                kind,
                kind.equals(Feedback.WATCH) ? random.nextInt(100_000) : 1);
        events.add(feedback);
        if (random.nextInt(20) == 0) {
            events.add(feedback);
        }
    }

    public static FreshetConfig config() {
        return FreshetConfig.parse("viewers.yaml", YAML);
    }

    /** All events, in no useful order. */
    public List<Event> events() {
        return events;
    }

    /** The events as they may arrive: histories first, then none further behind than the disorder allows. */
    public List<Event> arrival(long seed) {
        record Arriving(Event event, long atMillis, int draw) {}
        SplittableRandom random = new SplittableRandom(seed);
        return events.stream()
                .map(event -> new Arriving(
                        event,
                        event instanceof HistorySeed
                                ? Long.MIN_VALUE
                                : event.eventTimeMillis() + random.nextLong(MAX_DISORDER_MILLIS),
                        random.nextInt()))
                .sorted(Comparator.comparingLong(Arriving::atMillis).thenComparingInt(Arriving::draw))
                .map(Arriving::event)
                .toList();
    }

    /** Writes an arrival as the files of a replay. */
    public void write(Path folder, long arrivalSeed) throws IOException {
        Files.createDirectories(folder);
        try (BufferedWriter impressions = Files.newBufferedWriter(folder.resolve("impressions.jsonl"));
                BufferedWriter feedback = Files.newBufferedWriter(folder.resolve("feedback.jsonl"));
                BufferedWriter history = Files.newBufferedWriter(folder.resolve("history.jsonl"))) {
            for (Event event : arrival(arrivalSeed)) {
                BufferedWriter file =
                        event instanceof Impression ? impressions : event instanceof Feedback ? feedback : history;
                file.write(EventJson.toJson(event) + "\n");
            }
        }
    }
}
