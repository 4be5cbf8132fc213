package freshet.jobs.faults;

import freshet.jobs.join.Ledger;
import freshet.jobs.join.LedgerLine;
import freshet.jobs.local.FlinkMetrics;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.SortedMap;
import org.apache.flink.api.common.JobID;

/** The ledger of an examples job that runs, from the metrics on its dashboard; of some moment within the last second. */
final class RunningLedger {
    private static final String LEDGER = ".ledger.";

    private final FlinkMetrics metrics;
    private final List<String> tasks;

    RunningLedger(URI cluster, JobID examplesJob, List<String> tasks) {
        metrics = new FlinkMetrics(cluster, examplesJob);
        this.tasks = tasks;
    }

    Ledger read() throws IOException, InterruptedException {
        SortedMap<String, Double> values = metrics.read(name -> name.contains(LEDGER));
        Ledger ledger = new Ledger(tasks);
        values.forEach((name, value) -> add(name.substring(name.indexOf(LEDGER) + LEDGER.length()), value, ledger));
        return ledger;
    }

    private void add(String name, double value, Ledger ledger) {
        for (LedgerLine line : LedgerLine.values()) {
            if (!line.isPerTask() && name.equals(line.label())) {
                ledger.add(line, -1, (long) value);
            }
            for (int task = 0; line.isPerTask() && task < tasks.size(); task++) {
                if (name.equals("task." + tasks.get(task) + "." + line.label())) {
                    ledger.add(line, task, (long) value);
                }
            }
        }
    }
}
