package freshet.model.serve;

import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Counts what a subscriber has met, and tells of what it refused. Counted on its thread, read from any. */
final class Outcomes {
    private static final Logger LOG = LoggerFactory.getLogger(Outcomes.class);

    private final SnapshotListener listener;

    /** Guarded by this. */
    private final SortedMap<String, Long> counts = new TreeMap<>();

    /** Guarded by this. */
    private Optional<String> lastRefusal = Optional.empty();

    Outcomes(SnapshotListener listener) {
        this.listener = listener;
    }

    synchronized void count(String outcome) {
        counts.merge(outcome, 1L, Long::sum);
    }

    void refused(String reason, String detail) {
        synchronized (this) {
            lastRefusal = Optional.of(reason + ": " + detail);
        }
        count(reason);
        LOG.warn("{}: {}", reason, detail);
        listener.refused(reason, detail);
    }

    synchronized SortedMap<String, Long> counts() {
        return Collections.unmodifiableSortedMap(new TreeMap<>(counts));
    }

    synchronized Optional<String> lastRefusal() {
        return lastRefusal;
    }
}
