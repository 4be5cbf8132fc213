package freshet.features.spec;

import java.util.List;

/** A sparse feature: a list of ids, empty where there is nothing to say. */
public sealed interface IdFeature {

    /** Its name in the schema. */
    String name();

    /** The ids of one field. */
    record Field(String name, IdField field) implements IdFeature {}

    /** One id for every combination of the fields' ids, joined by {@code |}; empty where any field is. */
    record Cross(String name, List<IdField> fields) implements IdFeature {
        public Cross {
            fields = List.copyOf(fields);
        }
    }

    /** The hour from 0 (Monday, midnight) to 167 in a zone of fixed offset. */
    record HourOfWeek(String name, long utcOffsetMillis) implements IdFeature {}

    /**
     * The last distinct videos that were shown to the viewer, or that the viewer gave a kind of feedback; newest first.
     *
     * @param of {@code shown}, or a kind of feedback
     * @param count at most so many
     */
    record RecentVideos(String name, String of, int count) implements IdFeature {}

    /** The power of two below a measure: 0 for [0, 1), then k for [2^(k-1), 2^k); {@code -k} for negative numbers. */
    record Bucket(String name, Measure measure) implements IdFeature {}
}
