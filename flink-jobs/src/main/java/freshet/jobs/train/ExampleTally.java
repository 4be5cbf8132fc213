package freshet.jobs.train;

import freshet.features.binary.ByteReader;
import freshet.features.binary.ByteWriter;
import freshet.serde.event.DeadLetter.Reason;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * How many records of the examples topic were neither examples nor frontiers, by the label of the reason: the trainer's part of
 * the ledger. Tallies of several subtasks add up to one. One thread counts; any may read.
 */
public final class ExampleTally {
    private final ConcurrentSkipListMap<String, Long> dead = new ConcurrentSkipListMap<>();

    public ExampleTally() {
        for (Reason reason : Reason.values()) {
            dead.put(reason.label(), 0L);
        }
    }

    /** Counts records as set aside. */
    public void dead(String reason, long n) {
        dead.merge(reason, n, Long::sum);
    }

    /** Every reason that there is, with what was counted. */
    public SortedMap<String, Long> deadByReason() {
        return Collections.unmodifiableSortedMap(dead);
    }

    /** Over all reasons. */
    public long deadCount() {
        return dead.values().stream().mapToLong(Long::longValue).sum();
    }

    /** Adds all of another tally. */
    public void merge(ExampleTally other) {
        other.dead.forEach(this::dead);
    }

    /** For a ledger part. */
    public byte[] encode() {
        ByteWriter out = new ByteWriter();
        out.writeVarLong(dead.size());
        for (Map.Entry<String, Long> count : dead.entrySet()) {
            out.writeText(count.getKey());
            out.writeVarLong(count.getValue());
        }
        return out.toByteArray();
    }

    /** The tally whose {@link #encode()} this is. */
    public static ExampleTally decode(byte[] bytes) {
        ByteReader in = new ByteReader("a tally of examples", bytes);
        ExampleTally tally = new ExampleTally();
        for (int n = in.readCount(2); n > 0; n--) {
            String reason = in.readText();
            tally.dead(reason, in.readVarLong());
        }
        in.end();
        return tally;
    }
}
