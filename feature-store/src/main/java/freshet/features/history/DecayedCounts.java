package freshet.features.history;

import freshet.features.binary.ByteReader;
import freshet.features.binary.ByteWriter;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * How often a viewer was shown something and answered it, by kind of feedback, each event counting half after a half-life of
 * event time and half of that after the next: an exponentially decayed count keeps one number instead of the events. All
 * counts of one half-life decay together, at events only and in their order, so the numbers are a function of the events.
 *
 * <p>Impressions are counted by kind too, since a history from before the stream may know of likes and not of clicks: then
 * its impressions were shown for the one and say nothing of the other.
 *
 * <p>One owner, one thread.
 */
final class DecayedCounts {
    private final long halfLifeMillis;
    private long asOfMillis = UserHistory.NEVER;
    private final KindCounts shown;
    private final KindCounts felt;

    /** The span asked for last and its decay: many features ask for the same one, and a power is dear. */
    private long decayedMillis;

    private double decay = 1;

    DecayedCounts(long halfLifeMillis) {
        this(halfLifeMillis, new KindCounts(), new KindCounts());
    }

    private DecayedCounts(long halfLifeMillis, KindCounts shown, KindCounts felt) {
        this.halfLifeMillis = halfLifeMillis;
        this.shown = shown;
        this.felt = felt;
    }

    void addShown(Collection<String> kinds, double impressions, long eventTimeMillis) {
        decayTo(eventTimeMillis);
        double weighted = impressions * weightAt(eventTimeMillis);
        for (String kind : kinds) {
            shown.add(kind, weighted);
        }
    }

    void addFelt(String kind, double times, long eventTimeMillis) {
        decayTo(eventTimeMillis);
        felt.add(kind, times * weightAt(eventTimeMillis));
    }

    double shownAsOf(String kind, long eventTimeMillis) {
        return shown.of(kind) * decay(eventTimeMillis);
    }

    double feltAsOf(String kind, long eventTimeMillis) {
        return felt.of(kind) * decay(eventTimeMillis);
    }

    private void decayTo(long eventTimeMillis) {
        if (eventTimeMillis <= asOfMillis) {
            return;
        }
        double factor = decay(eventTimeMillis);
        shown.multiplyAll(factor);
        felt.multiplyAll(factor);
        asOfMillis = eventTimeMillis;
    }

    /** What the counts shrink to from when they were last touched until then. */
    private double decay(long eventTimeMillis) {
        return asOfMillis == UserHistory.NEVER ? 0 : halves(Math.max(0, eventTimeMillis - asOfMillis));
    }

    /** Less than 1 for an event older than the counts, as a seed is that came late. */
    private double weightAt(long eventTimeMillis) {
        return halves(asOfMillis - eventTimeMillis);
    }

    private double halves(long millis) {
        if (millis == 0) {
            return 1;
        }
        if (millis != decayedMillis) {
            decayedMillis = millis;
            decay = StrictMath.pow(0.5, millis / (double) halfLifeMillis);
        }
        return decay;
    }

    void writeTo(ByteWriter out) {
        out.writeVarLong(halfLifeMillis);
        out.writeSignedVarLong(asOfMillis);
        shown.writeTo(out);
        felt.writeTo(out);
    }

    long asOfMillis() {
        return asOfMillis;
    }

    long halfLifeMillis() {
        return halfLifeMillis;
    }

    /**
     * Reads what was written.
     *
     * @param alike counts of another half-life of the same viewer, which probably has the same kinds
     */
    static DecayedCounts readFrom(ByteReader in, @Nullable DecayedCounts alike) {
        long halfLifeMillis = in.readVarLong();
        long asOfMillis = in.readSignedVarLong();
        KindCounts shown = KindCounts.readFrom(in, alike == null ? new KindCounts() : alike.shown);
        KindCounts felt = KindCounts.readFrom(in, alike == null ? shown : alike.felt);
        DecayedCounts counts = new DecayedCounts(halfLifeMillis, shown, felt);
        counts.asOfMillis = asOfMillis;
        return counts;
    }
}
