package freshet.jobs.local;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;

/** The lines that a demo prints while it runs: a table that grows, its head repeated now and then. One thread. */
final class DemoProgress {
    private static final int LINES_PER_HEAD = 15;
    private static final DateTimeFormatter EVENT_TIME =
            DateTimeFormatter.ofPattern("HH:mm", Locale.ROOT).withZone(ZoneOffset.UTC);
    private static final String TRAIN = "Train.";

    private final List<String> tasks;
    private int lines;

    /**
     * @param tasks names of the tasks, in the order of their columns
     */
    DemoProgress(List<String> tasks) {
        this.tasks = tasks;
    }

    /**
     * What a line tells.
     *
     * @param elapsed wall clock since the start of the command
     * @param nowMillis the viewers' present, event time
     * @param events that have arrived
     * @param served version of the snapshot that ranks; a dash before the first
     * @param metrics of the trainer, as {@link FlinkMetrics} reads them
     */
    record State(Duration elapsed, long nowMillis, long events, String served, SortedMap<String, Double> metrics) {
        private double metric(String name) {
            return metrics.getOrDefault(TRAIN + name, Double.NaN);
        }
    }

    /** The next line, with a head before it where one is due. */
    String next(State state) {
        StringBuilder text = new StringBuilder();
        if (lines++ % LINES_PER_HEAD == 0) {
            head(text);
        }
        text.append(String.format(
                Locale.ROOT,
                "%2d:%02d %6s %6s %9s %9s %5s %13s",
                state.elapsed.toMinutes(),
                state.elapsed.toSecondsPart(),
                EVENT_TIME.format(Instant.ofEpochMilli(state.nowMillis)),
                frontier(state),
                state.events,
                count(state.metric("examplesLearnt")),
                count(state.metric("snapshots")),
                state.served));
        for (String task : tasks) {
            String prefix = "task." + task + ".";
            double mse = state.metric(prefix + "mse");
            double auc = state.metric(prefix + "auc");
            text.append(' ')
                    .append(String.format(Locale.ROOT, "%11s", quality(auc, mse, state.metric(prefix + "log_loss"))));
        }
        return text.toString();
    }

    private void head(StringBuilder text) {
        text.append(String.format(
                Locale.ROOT,
                "%n%5s %6s %6s %9s %9s %5s %13s",
                "",
                "event",
                "learnt",
                "",
                "examples",
                "snap-",
                "ranked"));
        for (String task : tasks) {
            text.append(' ').append(String.format(Locale.ROOT, "%11s", task));
        }
        text.append(String.format(
                Locale.ROOT,
                "%n%5s %6s %6s %9s %9s %5s %13s",
                "wall",
                "time",
                "until",
                "events",
                "learnt",
                "shots",
                "by"));
        for (int i = 0; i < tasks.size(); i++) {
            text.append(' ').append(String.format(Locale.ROOT, "%11s", "AUC loss"));
        }
        text.append(System.lineSeparator());
    }

    private static String quality(double auc, double mse, double logLoss) {
        if (Double.isNaN(auc)) {
            return number(mse); // of a task that predicts a number; a dash before the first hour has ended
        }
        return number(auc) + " " + number(logLoss);
    }

    private static String frontier(State state) {
        double frontier = state.metric("frontierMillis");
        return frontier > 0 ? EVENT_TIME.format(Instant.ofEpochMilli((long) frontier)) : "-";
    }

    private static String count(double value) {
        return Double.isNaN(value) ? "-" : Long.toString((long) value);
    }

    private static String number(double value) {
        return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, "%.3f", value);
    }
}
