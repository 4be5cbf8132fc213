package freshet.jobs.join;

import freshet.serde.event.Event;
import freshet.serde.event.Feedback;
import freshet.serde.example.LabeledExample;
import java.util.ArrayList;
import java.util.List;

/** Keeps everything that comes out of a join. */
final class CollectedOutput implements JoinOutput {
    final List<LabeledExample> examples = new ArrayList<>();
    final List<Event> late = new ArrayList<>();
    final List<Feedback> orphans = new ArrayList<>();
    final Ledger ledger;

    CollectedOutput(JoinSpec spec) {
        ledger = new Ledger(spec.taskNames());
    }

    @Override
    public void example(LabeledExample example) {
        examples.add(example);
    }

    @Override
    public void late(Event event) {
        late.add(event);
    }

    @Override
    public void orphan(Feedback feedback) {
        orphans.add(feedback);
    }

    @Override
    public void count(LedgerLine line, int taskIndex, long n) {
        ledger.add(line, taskIndex, n);
    }
}
