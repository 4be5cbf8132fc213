package freshet.serde.event;

import freshet.serde.event.DeadLetter.Reason;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What an event must fulfil before it may enter the job: ids present, times plausible, numbers finite, nothing over its
 * limit. The limits bound what one record can cost the job in memory; readers of bytes apply them before they allocate.
 * Stateless, safe on any thread.
 */
public final class EventValidator {
    /** The longest id, name or other text, in bytes of UTF-8. */
    public static final int MAX_TEXT_BYTES = 512;

    /** The most ids in one list. */
    public static final int MAX_LIST_ITEMS = 1024;

    /** The most names in one map. */
    public static final int MAX_MAP_ENTRIES = 256;

    /** The largest record, in bytes: Kafka's own default for a message. */
    public static final int MAX_RECORD_BYTES = 1 << 20;

    /** The earliest event time, inclusive: 2005-01-01T00:00:00Z. */
    public static final long MIN_TIME_MILLIS = 1_104_537_600_000L;

    /** The latest event time, exclusive: 2100-01-01T00:00:00Z. */
    public static final long MAX_TIME_MILLIS = 4_102_444_800_000L;

    /** The kind of feedback whose value is a number of stars. */
    private static final String RATE = "rate";

    private EventValidator() {}

    /** The first thing wrong with an event, in the order of its fields; empty for a good one. */
    public static Optional<EventProblem> problemOf(Event event) {
        EventProblem problem;
        if (event instanceof Impression impression) {
            problem = impression(impression);
        } else if (event instanceof Feedback feedback) {
            problem = feedback(feedback);
        } else {
            problem = history((HistorySeed) event);
        }
        return Optional.ofNullable(problem);
    }

    /** Whether a kind of feedback says nothing without a value, so that "it happened: 1" cannot be assumed. */
    public static boolean needsValue(String kind) {
        return kind.equals(Feedback.WATCH) || kind.equals(RATE);
    }

    /**
     * Whether every surrogate has its other half. A text where one does not has no UTF-8: written out, two such ids could become
     * the same one. Only escapes in JSON can bring one; readers of JSON ask.
     */
    public static boolean isUnicode(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isSurrogate(c)) {
                boolean pair = Character.isHighSurrogate(c)
                        && i + 1 < text.length()
                        && Character.isLowSurrogate(text.charAt(i + 1));
                if (!pair) {
                    return false;
                }
                i++;
            }
        }
        return true;
    }

    private static @Nullable EventProblem impression(Impression event) {
        return first(
                id("impression_id", event.impressionId()),
                text("request_id", event.requestId()),
                id("user_id", event.userId()),
                eventTime(event.eventTimeMillis()),
                id("video_id", event.videoId()),
                text("channel_id", event.channelId()),
                position(event.position()),
                text("device", event.device()),
                text("surface", event.surface()),
                text("query_video_id", event.queryVideoId()),
                text("user_language", event.userLanguage()),
                text("video_language", event.videoLanguage()),
                notNegative("video_duration_ms", event.videoDurationMillis()),
                publishedAt(event.videoPublishedAtMillis()),
                lists("ids", event.ids()),
                numbers("numbers", event.numbers()),
                text("model_version", event.modelVersion()),
                numbers("scores", event.scores()));
    }

    private static @Nullable EventProblem feedback(Feedback event) {
        return first(
                id("feedback_id", event.feedbackId()),
                text("impression_id", event.impressionId()),
                id("user_id", event.userId()),
                id("video_id", event.videoId()),
                eventTime(event.eventTimeMillis()),
                id("kind", event.kind()),
                value(event));
    }

    private static @Nullable EventProblem history(HistorySeed event) {
        return first(
                id("user_id", event.userId()),
                eventTime(event.eventTimeMillis()),
                notNegative("impressions", event.impressions()),
                lists("recent_videos", event.recentVideos()));
    }

    private static @Nullable EventProblem first(@Nullable EventProblem... problems) {
        for (EventProblem problem : problems) {
            if (problem != null) {
                return problem;
            }
        }
        return null;
    }

    private static @Nullable EventProblem id(String field, String value) {
        if (value.isEmpty()) {
            return new EventProblem(Reason.MISSING_ID, field + ": found nothing, expected text");
        }
        return text(field, value);
    }

    private static @Nullable EventProblem text(String field, @Nullable String value) {
        // A char is at most three bytes of UTF-8, so nearly every text is let through without being looked at.
        if (value == null || value.length() <= MAX_TEXT_BYTES / 3) {
            return null;
        }
        long bytes = utf8Length(value);
        return bytes <= MAX_TEXT_BYTES
                ? null
                : new EventProblem(
                        Reason.TOO_LONG, field + ": found " + bytes + " bytes, expected at most " + MAX_TEXT_BYTES);
    }

    private static long utf8Length(String value) {
        long bytes = 0;
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            // Each half of a surrogate pair is two of its four bytes.
            bytes += c < 0x80 ? 1 : c < 0x800 || Character.isSurrogate(c) ? 2 : 3;
        }
        return bytes;
    }

    private static @Nullable EventProblem eventTime(long millis) {
        return millis >= MIN_TIME_MILLIS && millis < MAX_TIME_MILLIS ? null : badTime("event_time", millis);
    }

    private static @Nullable EventProblem publishedAt(long millis) {
        return millis >= 0 && millis < MAX_TIME_MILLIS ? null : badTime("video_published_at", millis);
    }

    private static EventProblem badTime(String field, long found) {
        String guess = "";
        if (found > 0 && plausible(found / 1_000_000)) {
            guess = ", which looks like nanoseconds";
        } else if (found > 0 && plausible(found / 1_000)) {
            guess = ", which looks like microseconds";
        } else if (found > 0 && found < MIN_TIME_MILLIS && plausible(found * 1_000)) {
            guess = ", which looks like seconds";
        }
        return new EventProblem(
                Reason.BAD_TIME,
                field + ": found " + found + guess
                        + "; expected milliseconds since 1970 of a time between 2005 and 2100");
    }

    private static boolean plausible(long millis) {
        return millis >= MIN_TIME_MILLIS && millis < MAX_TIME_MILLIS;
    }

    private static @Nullable EventProblem position(int position) {
        return position >= 0 || position == Impression.NO_POSITION
                ? null
                : new EventProblem(
                        Reason.BAD_NUMBER, "position: found " + position + ", expected a rank from 0, or none");
    }

    private static @Nullable EventProblem notNegative(String field, long value) {
        return value >= 0
                ? null
                : new EventProblem(Reason.BAD_NUMBER, field + ": found " + value + ", expected 0 or more");
    }

    private static @Nullable EventProblem value(Feedback event) {
        if (!Double.isFinite(event.value())) {
            return new EventProblem(Reason.BAD_NUMBER, "value: found " + event.value() + ", expected a finite number");
        }
        if (event.kind().equals(Feedback.WATCH) && event.value() < 0) {
            return new EventProblem(
                    Reason.BAD_NUMBER, "value: found a watch time below zero, expected milliseconds from 0");
        }
        return null;
    }

    private static @Nullable EventProblem lists(String field, Map<String, List<String>> map) {
        if (map.isEmpty()) {
            return null;
        }
        EventProblem problem = size(field, "names", map.size(), MAX_MAP_ENTRIES);
        if (problem != null) {
            return problem;
        }
        for (Map.Entry<String, List<String>> entry : map.entrySet()) {
            problem = first(
                    text(field, entry.getKey()),
                    size(field, "ids under one name", entry.getValue().size(), MAX_LIST_ITEMS));
            if (problem != null) {
                return problem;
            }
            for (String id : entry.getValue()) {
                problem = text(field, id);
                if (problem != null) {
                    return problem;
                }
            }
        }
        return null;
    }

    private static @Nullable EventProblem numbers(String field, Map<String, Float> map) {
        if (map.isEmpty()) {
            return null;
        }
        EventProblem problem = size(field, "names", map.size(), MAX_MAP_ENTRIES);
        if (problem != null) {
            return problem;
        }
        for (Map.Entry<String, Float> entry : map.entrySet()) {
            problem = text(field, entry.getKey());
            if (problem != null) {
                return problem;
            }
            if (!Float.isFinite(entry.getValue())) {
                return new EventProblem(
                        Reason.BAD_NUMBER,
                        field + "." + entry.getKey() + ": found " + entry.getValue() + ", expected a finite number");
            }
        }
        return null;
    }

    private static @Nullable EventProblem size(String field, String what, int found, int limit) {
        return found <= limit
                ? null
                : new EventProblem(
                        Reason.TOO_LONG, field + ": found " + found + " " + what + ", expected at most " + limit);
    }
}
