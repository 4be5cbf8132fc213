package freshet.jobs.join;

import freshet.features.extract.FeatureExtractor;
import freshet.features.history.UserHistory;
import freshet.jobs.config.FreshetConfig;
import freshet.serde.event.Event;
import freshet.serde.event.Feedback;
import freshet.serde.example.LabeledExample;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** What must come out of a join, whatever runs it: the core on all events of each user at once. */
public final class JoinReference implements JoinOutput {
    private final List<LabeledExample> examples = new ArrayList<>();
    private final List<String> orphans = new ArrayList<>();
    private final Ledger ledger;
    private final SortedMap<String, UserState> users = new TreeMap<>();

    public JoinReference(FreshetConfig config, List<Event> events) {
        ledger = new Ledger(config.join().taskNames());
        JoinCore core = new JoinCore(config.join(), new FeatureExtractor(config.features()));
        for (Event event : events) {
            core.accept(
                    users.computeIfAbsent(event.userId(), id -> new UserState()),
                    EncodedEvent.of(event),
                    Long.MIN_VALUE,
                    this);
        }
        users.values().forEach(user -> core.advance(user, Long.MAX_VALUE, this));
        examples.sort(LabeledExample.ORDER);
        orphans.sort(null);
    }

    /** In the order of learning. */
    public List<LabeledExample> examples() {
        return examples;
    }

    /** Feedback ids, sorted. */
    public List<String> orphans() {
        return orphans;
    }

    /** By user, the history in the end. */
    public SortedMap<String, UserHistory> histories() {
        SortedMap<String, UserHistory> histories = new TreeMap<>();
        users.forEach((user, state) -> histories.put(user, state.history()));
        return histories;
    }

    public Ledger ledger() {
        return ledger;
    }

    @Override
    public void example(LabeledExample example) {
        examples.add(example);
    }

    @Override
    public void late(Event event) {
        throw new AssertionError("the reference found a late event: " + event);
    }

    @Override
    public void orphan(Feedback feedback) {
        orphans.add(feedback.id());
    }

    @Override
    public void count(LedgerLine line, int taskIndex, long n) {
        ledger.add(line, taskIndex, n);
    }
}
