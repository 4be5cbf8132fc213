package freshet.model.spec;

import freshet.serde.config.ConfigNode;
import java.time.Duration;

/**
 * When a table gives an id a row, and when it takes it away. All in event time, so a replay does what the stream did.
 *
 * @param expireAfterHours a row not touched for this long goes; 0: never. It goes at the first sweep after that; sweeps are a
 *     24th of the span apart, an hour at least
 * @param admitAfter an id gets its row when this many mini-batches have learnt from an example that has it, from 1 to 255; until
 *     then it counts as never seen
 * @param admitCounters bytes of the sketch that counts sightings; a power of two
 * @param admitHalvingHours sightings count half whenever event time passes a multiple of this
 * @param maxRows most rows after a batch, 0 for no bound; when there are more, the rows not touched for longest go, until
 *     15 of 16 are left
 */
public record RowLife(int expireAfterHours, int admitAfter, int admitCounters, int admitHalvingHours, int maxRows) {

    /** A row for every id that is learnt, for ever. */
    public static final RowLife FOREVER = new RowLife(0, 1, 1 << 20, 24, 0);

    private static final int MAX_COUNTERS_LOG2 = 30;

    static RowLife read(ConfigNode node) {
        return new RowLife(
                hours(node, "expire_after", FOREVER.expireAfterHours),
                node.integer("admit_after", FOREVER.admitAfter, 1, 255),
                counters(node),
                Math.max(1, hours(node, "admit_halving", FOREVER.admitHalvingHours)),
                node.integer("max_rows", FOREVER.maxRows, 0, Integer.MAX_VALUE));
    }

    private static int hours(ConfigNode node, String key, int byDefault) {
        Duration span = node.duration(key, Duration.ofHours(byDefault));
        if (span.toMillis() % Duration.ofHours(1).toMillis() != 0 || span.toDays() > 36_500) {
            node.problem(key, "found '" + span + "', expected whole hours, at most 36500d");
            return byDefault;
        }
        return (int) span.toHours();
    }

    private static int counters(ConfigNode node) {
        int counters = node.integer("admit_counters", FOREVER.admitCounters, 1 << 10, 1 << MAX_COUNTERS_LOG2);
        if (Integer.bitCount(counters) != 1) {
            node.problem("admit_counters", "found '" + counters + "', expected a power of two");
            return FOREVER.admitCounters;
        }
        return counters;
    }
}
