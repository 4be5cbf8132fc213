package freshet.jobs.join;

import freshet.serde.event.Event;
import freshet.serde.event.Feedback;
import freshet.serde.example.LabeledExample;

/** Where the join puts what comes out. Called on the thread that called the core. */
public interface JoinOutput {

    /** Of one user, examples come in {@link LabeledExample#ORDER}. */
    void example(LabeledExample example);

    /** An event that came too late to be processed in order, or that the user has no room for. */
    void late(Event event);

    /** Feedback whose impression did not come in time. */
    void orphan(Feedback feedback);

    /**
     * Adds to a line of the ledger.
     *
     * @param taskIndex index of the task for a line that is per task, else -1
     * @param n how many; negative when something stops waiting
     */
    void count(LedgerLine line, int taskIndex, long n);
}
