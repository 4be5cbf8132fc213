package freshet.jobs.join;

import freshet.serde.event.Event;
import freshet.serde.event.Feedback;
import freshet.serde.event.HistorySeed;
import freshet.serde.event.Impression;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** One user's events in their order, without duplicates, and how often the user had been forgotten when each came. */
final class ReferenceStream {
    final List<Event> events = new ArrayList<>();

    private final JoinSpec spec;
    private final Map<Event, Integer> life = new HashMap<>();

    ReferenceStream(JoinSpec spec, List<Event> arrived, Ledger ledger) {
        this.spec = spec;
        List<Event> sorted = new ArrayList<>(arrived);
        sorted.sort(EventBytes.TOTAL_ORDER);
        int lives = 0;
        for (int i = 0; i < sorted.size(); i++) {
            long sinceLast = i == 0
                    ? 0
                    : sorted.get(i).eventTimeMillis() - sorted.get(i - 1).eventTimeMillis();
            lives += sinceLast > spec.userTtl().toMillis() ? 1 : 0;
            addUnlessDuplicate(sorted.get(i), lives, ledger);
        }
    }

    private void addUnlessDuplicate(Event event, int lives, Ledger ledger) {
        boolean duplicate = false;
        for (Event before : events) {
            long age = event.eventTimeMillis() - before.eventTimeMillis();
            duplicate |=
                    before.getClass() == event.getClass() && before.id().equals(event.id()) && age <= memory(event);
        }
        String kind = event instanceof Impression ? "IMPRESSION" : event instanceof Feedback ? "FEEDBACK" : "HISTORY";
        count(ledger, kind + "_READ");
        if (duplicate) {
            count(ledger, kind + "_DUPLICATE");
        } else {
            events.add(event);
            life.put(event, lives);
            if (!(event instanceof Feedback)) {
                count(ledger, event instanceof Impression ? "IMPRESSION_ACCEPTED" : "HISTORY_APPLIED");
            }
        }
    }

    /** For how long an event is remembered, so that another of its id is a duplicate. */
    long memory(Event event) {
        long window = spec.duplicateWindow().toMillis();
        return event instanceof HistorySeed
                ? Long.MAX_VALUE
                : event instanceof Feedback ? window : Math.max(window, spec.longestHorizonMillis());
    }

    /** How often the user had been forgotten when an event came. */
    int life(Event event) {
        return life.getOrDefault(event, 0);
    }

    private static void count(Ledger ledger, String line) {
        ledger.add(LedgerLine.valueOf(line), -1, 1);
    }
}
