package freshet.features.extract;

import freshet.features.binary.ByteWriter;
import freshet.features.history.HistoryNeeds;
import freshet.features.history.UserHistory;
import freshet.features.spec.FeatureSpec;
import freshet.features.spec.IdFeature;
import freshet.features.spec.IdField;
import freshet.features.spec.NumberFeature;
import freshet.features.spec.Transform;
import freshet.serde.event.Impression;
import freshet.serde.example.FeatureSchema;
import freshet.serde.example.FeatureValues;
import java.util.ArrayList;
import java.util.List;

/**
 * Computes every configured feature of an impression from the impression and its viewer's history as of then. Pure and
 * without state of its own, so one extractor serves all threads; the history must not change during the call.
 */
public final class FeatureExtractor {
    /** The most ids that one cross yields; the combinations beyond it, in order, are left out. */
    public static final int MAX_CROSSED = 256;

    private static final String CROSS_SEPARATOR = "|";
    private static final long MILLIS_PER_HOUR = 3_600_000;
    /** 1970 began on a Thursday; with three days more, weeks begin on Monday. */
    private static final long FIRST_MONDAY_SHIFT_HOURS = 3 * 24;

    private static final int HOURS_PER_WEEK = 7 * 24;
    /** Texts of hours and buckets, made once. */
    private static final String[] SMALL_NUMBERS = new String[HOURS_PER_WEEK];

    static {
        for (int i = 0; i < SMALL_NUMBERS.length; i++) {
            SMALL_NUMBERS[i] = Integer.toString(i);
        }
    }

    /** Appends how many ids there are, and the ids. */
    private interface Ids {
        void write(Impression impression, UserHistory history, ByteWriter out);
    }

    private final FeatureSchema schema;
    private final HistoryNeeds needs;
    private final Ids[] ids;
    private final MeasuredNumber[] numbers;
    private final Transform[] transforms;
    private final List<ViewExtractor> views;

    public FeatureExtractor(FeatureSpec spec) {
        schema = spec.schema();
        needs = spec.historyNeeds();
        ids = spec.ids().stream().map(FeatureExtractor::ids).toArray(Ids[]::new);
        numbers = spec.numbers().stream()
                .map(feature -> MeasuredNumber.of(feature.measure()))
                .toArray(MeasuredNumber[]::new);
        views = ViewExtractor.of(spec);
        transforms = spec.numbers().stream().map(NumberFeature::transform).toArray(Transform[]::new);
    }

    /** The names behind the slots of the values. */
    public FeatureSchema schema() {
        return schema;
    }

    /** What a history must keep for {@link #extract}. */
    public HistoryNeeds historyNeeds() {
        return needs;
    }

    /** What must enrich an impression before its features are extracted; empty where no feature looks at a video or channel. */
    public List<ViewExtractor> views() {
        return views;
    }

    /** The features of an impression, given the history of the events before it. */
    public FeatureValues extract(Impression impression, UserHistory past) {
        ByteWriter out = new ByteWriter(512);
        extract(impression, past, out);
        return FeatureBytes.decode(out.toByteArray());
    }

    /** Appends the same as {@link FeatureBytes}: for who stores them, and need not have them as objects. */
    public void extract(Impression impression, UserHistory past, ByteWriter out) {
        UserHistory history = past.isExpired(impression.eventTimeMillis(), needs) ? new UserHistory() : past;
        out.writeVarLong(ids.length);
        for (Ids slot : ids) {
            slot.write(impression, history, out);
        }
        out.writeVarLong(numbers.length);
        for (int slot = 0; slot < numbers.length; slot++) {
            out.writeFloat(transforms[slot].apply(numbers[slot].of(impression, history)));
        }
    }

    private static Ids ids(IdFeature feature) {
        if (feature instanceof IdFeature.Field field) {
            return (impression, history, out) -> writeField(field.field(), impression, out);
        }
        if (feature instanceof IdFeature.Cross cross) {
            return (impression, history, out) -> {
                List<String> crossed = cross(cross.fields(), impression);
                out.writeVarLong(crossed.size());
                crossed.forEach(out::writeText);
            };
        }
        if (feature instanceof IdFeature.HourOfWeek hour) {
            return (impression, history, out) -> {
                out.writeVarLong(1);
                out.writeText(SMALL_NUMBERS[hourOfWeek(impression.eventTimeMillis() + hour.utcOffsetMillis())]);
            };
        }
        if (feature instanceof IdFeature.RecentVideos videos) {
            return (impression, history, out) -> history.writeRecentVideos(videos.of(), videos.count(), out);
        }
        MeasuredNumber measure = MeasuredNumber.of(((IdFeature.Bucket) feature).measure());
        return (impression, history, out) -> writeBucket(measure.of(impression, history), out);
    }

    private static void writeField(IdField field, Impression impression, ByteWriter out) {
        int count = field.count(impression);
        out.writeVarLong(count);
        for (int i = 0; i < count; i++) {
            out.writeText(field.id(impression, i));
        }
    }

    private static List<String> cross(List<IdField> fields, Impression impression) {
        List<String> crossed = List.of(fields.get(0).of(impression));
        for (IdField field : fields.subList(1, fields.size())) {
            List<String> longer = new ArrayList<>();
            for (String left : crossed) {
                for (String right : field.of(impression)) {
                    if (longer.size() < MAX_CROSSED) {
                        longer.add(left + CROSS_SEPARATOR + right);
                    }
                }
            }
            crossed = longer;
        }
        return crossed;
    }

    private static int hourOfWeek(long localMillis) {
        return (int) Math.floorMod(
                Math.floorDiv(localMillis, MILLIS_PER_HOUR) + FIRST_MONDAY_SHIFT_HOURS, (long) HOURS_PER_WEEK);
    }

    private static void writeBucket(double value, ByteWriter out) {
        if (Double.isNaN(value)) {
            out.writeVarLong(0);
            return;
        }
        // The cast saturates, so an infinite value is in the last bucket.
        int bits = Long.SIZE - Long.numberOfLeadingZeros((long) Math.abs(value));
        out.writeVarLong(1);
        out.writeText(value < 0 ? "-" + SMALL_NUMBERS[bits] : SMALL_NUMBERS[bits]);
    }
}
