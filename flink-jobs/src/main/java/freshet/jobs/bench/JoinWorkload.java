package freshet.jobs.bench;

import freshet.serde.event.Event;
import freshet.serde.event.Feedback;
import freshet.serde.event.Impression;
import java.util.Arrays;
import java.util.List;

/**
 * The events of the join's benchmark, in order of arrival: a thousand impressions for every second of event time; 15 in a
 * hundred of them are answered, by one to three feedback events spread evenly over the ten minutes after; every event arrives
 * up to 30 seconds after it happened. Which events there are is a function of the number of viewers alone. Endless. One thread.
 *
 * <p>Viewers are drawn by Zipf's law with the head cut flat (Zipf and Mandelbrot: the share of rank r is proportional to
 * 1 / (r + viewers / 200)). Without the cut one viewer of 200 thousand would be shown fifty videos a second and meet the
 * join's limits, which would then be what is measured.
 */
final class JoinWorkload {
    static final long HORIZON_MILLIS = 600_000;
    static final long DISORDER_MILLIS = 30_000;

    /** How much later an event arrives at most: a second less, since what is due in a second is handed out at its end. */
    private static final int LONGEST_DELAY_MILLIS = (int) DISORDER_MILLIS - 1000;

    private static final long START_MILLIS = 1_700_000_000_000L;
    private static final int POSITIVE_PERCENT = 15;
    private static final int MOST_FEEDBACK = 3;
    private static final String[] KINDS = {"click", Feedback.WATCH, "like"};
    private static final int VIDEOS = 100_000;
    private static final int VIDEOS_PER_CHANNEL = 20;
    private static final String[] DEVICES = {"phone", "tablet", "tv", "desktop"};
    private static final String[] SURFACES = {"home", "next", "search"};
    private static final String[] LANGUAGES = {"en", "hi", "es", "pt"};
    private static final int TAGS = 200;
    private static final long MILLIS_PER_SECOND = 1000;
    /** More seconds than feedback can be away from its impression, horizon and disorder together. */
    private static final int RING_SECONDS = 1024;

    private final double flatRanks;
    private final double logOfSpan;
    /** Feedback to come, by the second of its arrival: {@code impression * MOST_FEEDBACK + number}. */
    private final long[][] due = new long[RING_SECONDS][512];

    private final int[] dueCount = new int[RING_SECONDS];
    private long nextImpression;
    private int handingOut;
    private int handedOut;

    /**
     * @param viewers how many there are to draw from
     */
    JoinWorkload(int viewers) {
        flatRanks = Math.max(1, viewers / 200.0);
        logOfSpan = StrictMath.log((viewers + flatRanks) / flatRanks);
    }

    Event next() {
        if (handedOut < dueCount[handingOut]) {
            long packed = due[handingOut][handedOut++];
            return feedback(packed / MOST_FEEDBACK, (int) (packed % MOST_FEEDBACK));
        }
        long impression = nextImpression++;
        if (nextImpression % MILLIS_PER_SECOND == 0) {
            dueCount[handingOut] = 0;
            handingOut = (int) (nextImpression / MILLIS_PER_SECOND % RING_SECONDS);
            handedOut = 0;
        }
        planFeedback(impression);
        return impression(impression);
    }

    /** How many impressions have been handed out. */
    long impressions() {
        return nextImpression;
    }

    private void planFeedback(long impression) {
        long draw = draw(impression, 1);
        if (index(draw, 100) >= POSITIVE_PERCENT) {
            return;
        }
        int count = 1 + index(draw(impression, 2), MOST_FEEDBACK);
        for (int number = 0; number < count; number++) {
            long arrival = feedbackMillis(impression, number)
                    - START_MILLIS
                    + index(draw(impression, 20 + number), LONGEST_DELAY_MILLIS);
            int second = (int) (Math.max(nextImpression, arrival) / MILLIS_PER_SECOND + 1) % RING_SECONDS;
            if (dueCount[second] == due[second].length) {
                due[second] = Arrays.copyOf(due[second], 2 * dueCount[second]);
            }
            due[second][dueCount[second]++] = impression * MOST_FEEDBACK + number;
        }
    }

    private static long impressionMillis(long impression) {
        return START_MILLIS + impression - index(draw(impression, 3), LONGEST_DELAY_MILLIS);
    }

    private static long feedbackMillis(long impression, int number) {
        return impressionMillis(impression) + index(draw(impression, 10 + number), (int) HORIZON_MILLIS);
    }

    private Impression impression(long impression) {
        int video = video(impression);
        int channel = video / VIDEOS_PER_CHANNEL;
        long draw = draw(impression, 6);
        return Impression.builder("i" + impression, viewer(impression), "v" + video, impressionMillis(impression))
                .requestId("r" + impression / 10)
                .channelId("c" + channel)
                .position((int) (impression % 10))
                .device(DEVICES[(int) (draw & 3)])
                .surface(SURFACES[(int) (draw >>> 2 & 0xFF) % SURFACES.length])
                .userLanguage(LANGUAGES[(int) (draw >>> 10 & 3)])
                .videoLanguage(LANGUAGES[channel & 3])
                .videoDurationMillis(10_000 + video % 300 * MILLIS_PER_SECOND)
                .videoPublishedAtMillis(START_MILLIS - video * 60_000L)
                .ids("tag", List.of("t" + video % TAGS))
                .build();
    }

    private Feedback feedback(long impression, int number) {
        String kind = KINDS[number];
        double value = kind.equals(Feedback.WATCH) ? 1 + index(draw(impression, 5), 100_000) : 1;
        return new Feedback(
                "f" + (impression * MOST_FEEDBACK + number),
                "i" + impression,
                viewer(impression),
                "v" + video(impression),
                feedbackMillis(impression, number),
                kind,
                value);
    }

    private String viewer(long impression) {
        double rank = flatRanks * (StrictMath.exp(uniform(draw(impression, 4)) * logOfSpan) - 1);
        return "u" + (int) rank;
    }

    private static int video(long impression) {
        double uniform = uniform(draw(impression, 7));
        return (int) (uniform * uniform * uniform * VIDEOS);
    }

    private static double uniform(long draw) {
        return (draw >>> 11) * 0x1p-53;
    }

    private static int index(long draw, int bound) {
        return (int) ((draw >>> 33) * bound >>> 31);
    }

    /** The finaliser of SplitMix64 over what is drawn for whom. */
    private static long draw(long impression, int what) {
        long mixed = (impression * 64 + what + 1) * 0x9e3779b97f4a7c15L;
        mixed = (mixed ^ (mixed >>> 30)) * 0xbf58476d1ce4e5b9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
        return mixed ^ (mixed >>> 31);
    }
}
