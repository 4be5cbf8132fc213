package freshet.serde.event;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One video shown to one viewer.
 *
 * @param impressionId identifies this record; a second one with the same id is a duplicate
 * @param requestId the ranking request that showed it
 * @param userId who saw it
 * @param eventTimeMillis when, milliseconds since the epoch
 * @param videoId what was shown
 * @param channelId who made it
 * @param position rank on the page from 0, or {@link #NO_POSITION}
 * @param device kind of device
 * @param surface the page or tab it was shown on
 * @param queryVideoId what was being watched when it was shown
 * @param userLanguage the viewer's language
 * @param videoLanguage the video's language
 * @param videoDurationMillis length of the video; 0 where unknown
 * @param videoPublishedAtMillis when the video was published, milliseconds since the epoch; 0 where unknown
 * @param ids further sparse features: a name and its ids, sorted by name, the ids in the order given
 * @param numbers further dense features: a name and its finite value, sorted by name
 * @param modelVersion the snapshot that ranked it
 * @param scores what the server predicted, per task, sorted by name
 */
public record Impression(
        String impressionId,
        @Nullable String requestId,
        String userId,
        long eventTimeMillis,
        String videoId,
        @Nullable String channelId,
        int position,
        @Nullable String device,
        @Nullable String surface,
        @Nullable String queryVideoId,
        @Nullable String userLanguage,
        @Nullable String videoLanguage,
        long videoDurationMillis,
        long videoPublishedAtMillis,
        SortedMap<String, List<String>> ids,
        SortedMap<String, Float> numbers,
        @Nullable String modelVersion,
        SortedMap<String, Float> scores)
        implements Event {

    /** The {@link #position} of an impression whose rank is not known, as at serving time. */
    public static final int NO_POSITION = -1;

    public Impression {
        Objects.requireNonNull(impressionId, "impressionId");
        Objects.requireNonNull(userId, "userId");
        Objects.requireNonNull(videoId, "videoId");
        ids = sorted(ids);
        numbers = sorted(numbers);
        scores = sorted(scores);
    }

    @Override
    public String id() {
        return impressionId;
    }

    /** The same impression with other numbers. */
    public Impression withNumbers(SortedMap<String, Float> others) {
        return new Impression(
                impressionId,
                requestId,
                userId,
                eventTimeMillis,
                videoId,
                channelId,
                position,
                device,
                surface,
                queryVideoId,
                userLanguage,
                videoLanguage,
                videoDurationMillis,
                videoPublishedAtMillis,
                ids,
                others,
                modelVersion,
                scores);
    }

    /** Starts an impression from what every one must have. */
    public static Builder builder(String impressionId, String userId, String videoId, long eventTimeMillis) {
        return new Builder(impressionId, userId, videoId, eventTimeMillis);
    }

    private static <V> SortedMap<String, V> sorted(Map<String, V> map) {
        return map.isEmpty() ? Collections.emptySortedMap() : Collections.unmodifiableSortedMap(new TreeMap<>(map));
    }

    /** Collects the optional parts of an impression. Not thread-safe. */
    public static final class Builder {
        private final String impressionId;
        private final String userId;
        private final String videoId;
        private final long eventTimeMillis;
        private @Nullable String requestId;
        private @Nullable String channelId;
        private int position = NO_POSITION;
        private @Nullable String device;
        private @Nullable String surface;
        private @Nullable String queryVideoId;
        private @Nullable String userLanguage;
        private @Nullable String videoLanguage;
        private long videoDurationMillis;
        private long videoPublishedAtMillis;
        private final SortedMap<String, List<String>> ids = new TreeMap<>();
        private final SortedMap<String, Float> numbers = new TreeMap<>();
        private @Nullable String modelVersion;
        private final SortedMap<String, Float> scores = new TreeMap<>();

        private Builder(String impressionId, String userId, String videoId, long eventTimeMillis) {
            this.impressionId = impressionId;
            this.userId = userId;
            this.videoId = videoId;
            this.eventTimeMillis = eventTimeMillis;
        }

        public Builder requestId(@Nullable String value) {
            requestId = value;
            return this;
        }

        public Builder channelId(@Nullable String value) {
            channelId = value;
            return this;
        }

        public Builder position(int value) {
            position = value;
            return this;
        }

        public Builder device(@Nullable String value) {
            device = value;
            return this;
        }

        public Builder surface(@Nullable String value) {
            surface = value;
            return this;
        }

        public Builder queryVideoId(@Nullable String value) {
            queryVideoId = value;
            return this;
        }

        public Builder userLanguage(@Nullable String value) {
            userLanguage = value;
            return this;
        }

        public Builder videoLanguage(@Nullable String value) {
            videoLanguage = value;
            return this;
        }

        public Builder videoDurationMillis(long value) {
            videoDurationMillis = value;
            return this;
        }

        public Builder videoPublishedAtMillis(long value) {
            videoPublishedAtMillis = value;
            return this;
        }

        public Builder ids(String name, List<String> values) {
            ids.put(name, List.copyOf(values));
            return this;
        }

        public Builder number(String name, float value) {
            numbers.put(name, value);
            return this;
        }

        public Builder modelVersion(@Nullable String value) {
            modelVersion = value;
            return this;
        }

        public Builder score(String task, float value) {
            scores.put(task, value);
            return this;
        }

        public Impression build() {
            return new Impression(
                    impressionId,
                    requestId,
                    userId,
                    eventTimeMillis,
                    videoId,
                    channelId,
                    position,
                    device,
                    surface,
                    queryVideoId,
                    userLanguage,
                    videoLanguage,
                    videoDurationMillis,
                    videoPublishedAtMillis,
                    ids,
                    numbers,
                    modelVersion,
                    scores);
        }
    }
}
