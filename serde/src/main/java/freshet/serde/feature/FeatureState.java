package freshet.serde.feature;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * What is remembered of one viewer, video or channel as of a moment. A function of the events: two records of the same key
 * and moment hold the same bytes, so a reader keeps the one with the latest moment and may meet any of them again.
 *
 * @param key whose state
 * @param asOfMillis event time, milliseconds since the epoch: every event of the key at or before it is in the state, none after
 * @param state in the layout of the class that wrote it, which begins with a version; for its readers only
 */
public record FeatureState(Key key, long asOfMillis, byte[] state) {

    /** What an id names. */
    public enum Scope {
        USER,
        VIDEO,
        CHANNEL;

        /** As in records. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** The scope of a label, if there is one. */
        public static Optional<Scope> of(String label) {
            return Arrays.stream(values())
                    .filter(scope -> scope.label().equals(label))
                    .findFirst();
        }
    }

    /**
     * Whose state.
     *
     * @param scope what the id names
     * @param id of the user, video or channel
     */
    public record Key(Scope scope, String id) {
        /** The key of a viewer. */
        public static Key user(String userId) {
            return new Key(Scope.USER, userId);
        }

        /** The key of a video. */
        public static Key video(String videoId) {
            return new Key(Scope.VIDEO, videoId);
        }

        /** The key of a channel. */
        public static Key channel(String channelId) {
            return new Key(Scope.CHANNEL, channelId);
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof FeatureState that
                && key.equals(that.key)
                && asOfMillis == that.asOfMillis
                && Arrays.equals(state, that.state);
    }

    @Override
    public int hashCode() {
        return 31 * key.hashCode() + Arrays.hashCode(state);
    }

    @Override
    public String toString() {
        return "FeatureState[" + key.scope().label() + ", as of " + asOfMillis + ", " + state.length + " bytes]";
    }
}
