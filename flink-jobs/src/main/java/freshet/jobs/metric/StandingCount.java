package freshet.jobs.metric;

import freshet.jobs.join.Ledger;
import freshet.jobs.join.LedgerLine;
import java.util.function.LongSupplier;
import org.apache.flink.api.common.accumulators.LongCounter;
import org.apache.flink.api.common.functions.RuntimeContext;

/**
 * A count that stands elsewhere, as one of Flink's accumulators: the dashboard shows these by job and adds them up over
 * subtasks. It is read when Flink asks, some seconds apart, on a thread of its own, so counting costs nothing; and what
 * stands in an operator's state goes on after a restart, which an accumulator does not.
 */
public final class StandingCount extends LongCounter {
    private static final long serialVersionUID = 1L;

    private final transient LongSupplier now;

    private StandingCount(LongSupplier now) {
        this.now = now;
    }

    /** Shows a count under a name that no other operator of the job uses. */
    public static void show(RuntimeContext context, String name, LongSupplier now) {
        context.addAccumulator(name, new StandingCount(now));
    }

    /** Shows every line of the join's ledger. */
    public static void show(RuntimeContext context, Ledger ledger) {
        for (LedgerLine line : LedgerLine.values()) {
            if (!line.isPerTask()) {
                show(context, line.label(), () -> ledger.count(line));
                continue;
            }
            for (int i = 0; i < ledger.tasks().size(); i++) {
                int task = i;
                show(context, "task." + ledger.tasks().get(task) + "." + line.label(), () -> ledger.count(line, task));
            }
        }
    }

    @Override
    public Long getLocalValue() {
        return now.getAsLong();
    }

    /** What travels to the JobManager is the count as it is now. */
    private Object writeReplace() {
        return new LongCounter(now.getAsLong());
    }
}
