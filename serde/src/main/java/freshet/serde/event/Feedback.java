package freshet.serde.event;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a viewer did after an impression.
 *
 * @param feedbackId identifies this record; a second one with the same id is a duplicate
 * @param impressionId the impression it answers; absent where the product does not know, then {@code (userId, videoId)}
 *     attributes it to the newest impression inside the horizon
 * @param userId who did it
 * @param videoId what it was done to
 * @param eventTimeMillis when, milliseconds since the epoch
 * @param kind click, watch, like, dislike, share, comment, follow, save, rate, skip, hide, report, or any other name
 * @param value watch: milliseconds watched; rate: stars; 1 for kinds that only happen. Finite.
 */
public record Feedback(
        String feedbackId,
        @Nullable String impressionId,
        String userId,
        String videoId,
        long eventTimeMillis,
        String kind,
        double value)
        implements Event {

    /** The kind whose {@link #value} is milliseconds watched. */
    public static final String WATCH = "watch";

    public Feedback {
        Objects.requireNonNull(feedbackId, "feedbackId");
        Objects.requireNonNull(userId, "userId");
        Objects.requireNonNull(videoId, "videoId");
        Objects.requireNonNull(kind, "kind");
    }

    @Override
    public String id() {
        return feedbackId;
    }
}
