package freshet.jobs.join;

import freshet.serde.event.Event;
import freshet.serde.event.Feedback;
import freshet.serde.example.LabeledExample;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** The {@link ReferenceJoin} of many users; features as of {@link ReferenceFeatures}. */
public final class PlainJoin {
    private final List<LabeledExample> examples = new ArrayList<>();
    private final Set<Feedback> orphans = new HashSet<>();
    private final Ledger ledger;

    public PlainJoin(JoinSpec spec, List<Event> events) {
        ledger = new Ledger(spec.taskNames());
        Map<String, List<Event>> byUser = events.stream().collect(Collectors.groupingBy(Event::userId));
        byUser.values().forEach(ofUser -> {
            ReferenceJoin join = new ReferenceJoin(spec, ofUser);
            examples.addAll(join.examples);
            orphans.addAll(join.orphans);
            ledger.merge(join.ledger);
        });
        examples.sort(LabeledExample.ORDER);
    }

    /** The block {@code features} of a configuration, indented by two. */
    public static String features() {
        return ReferenceFeatures.YAML.indent(2);
    }

    /** In the order of learning. */
    public List<LabeledExample> examples() {
        return examples;
    }

    public Set<Feedback> orphans() {
        return orphans;
    }

    public Ledger ledger() {
        return ledger;
    }
}
