package freshet.jobs.metric;

import freshet.jobs.join.Ledger;
import freshet.jobs.join.LedgerLine;
import java.util.List;
import org.apache.flink.metrics.MetricGroup;

/**
 * The lines of a {@link Ledger} as gauges: {@code ledger.<line>}, and {@code ledger.task.<task>.<line>} for those that are
 * per task. Read from Flink's metric threads while the task counts, so a value may be a moment old.
 */
public final class LedgerGauges {
    private LedgerGauges() {}

    public static void register(MetricGroup operator, Ledger ledger) {
        MetricGroup group = operator.addGroup("ledger");
        List<String> tasks = ledger.tasks();
        for (LedgerLine line : LedgerLine.values()) {
            if (!line.isPerTask()) {
                group.gauge(line.label(), () -> ledger.count(line));
            }
        }
        for (int i = 0; i < tasks.size(); i++) {
            int task = i;
            MetricGroup ofTask = group.addGroup("task", tasks.get(task));
            for (LedgerLine line : LedgerLine.values()) {
                if (line.isPerTask()) {
                    ofTask.gauge(line.label(), () -> ledger.count(line, task));
                }
            }
        }
    }
}
