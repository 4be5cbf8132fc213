package freshet.serde.event;

import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a video whoever sees it: the part of an {@link Impression} that does not depend on the viewer. A line of a
 * catalogue.
 *
 * @param videoId the video
 * @param channelId who made it
 * @param language its language
 * @param durationMillis its length; 0 where unknown
 * @param publishedAtMillis when it was published, milliseconds since the epoch; 0 where unknown
 * @param ids further sparse features, as in {@link Impression#ids}
 * @param numbers further dense features, as in {@link Impression#numbers}
 */
public record Video(
        String videoId,
        @Nullable String channelId,
        @Nullable String language,
        long durationMillis,
        long publishedAtMillis,
        SortedMap<String, List<String>> ids,
        SortedMap<String, Float> numbers) {

    public Video {
        Objects.requireNonNull(videoId, "videoId");
        ids = Collections.unmodifiableSortedMap(new TreeMap<>(ids));
        numbers = Collections.unmodifiableSortedMap(new TreeMap<>(numbers));
    }

    /** A video of which nothing is known. */
    public static Video unknown(String videoId) {
        return new Video(videoId, null, null, 0, 0, Collections.emptySortedMap(), Collections.emptySortedMap());
    }

    /** The impression that says this of the video, and nothing of where it was shown. */
    public Impression shownTo(String userId, String impressionId, long eventTimeMillis) {
        Impression.Builder impression = Impression.builder(impressionId, userId, videoId, eventTimeMillis)
                .channelId(channelId)
                .videoLanguage(language)
                .videoDurationMillis(durationMillis)
                .videoPublishedAtMillis(publishedAtMillis);
        ids.forEach(impression::ids);
        numbers.forEach(impression::number);
        return impression.build();
    }
}
