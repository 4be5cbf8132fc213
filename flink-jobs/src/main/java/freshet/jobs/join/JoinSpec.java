package freshet.jobs.join;

import freshet.serde.config.ConfigNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The whole of the join's configuration.
 *
 * @param tasks in the order in which examples list their labels; a task stands after the one it is given
 * @param maxDisorder how far, in event time, an event may arrive behind the newest of its partition; the sources make
 *     watermarks of it, the core only carries it
 * @param feedbackWait how long, in event time, feedback that comes before its impression waits for it
 * @param duplicateWindow within which, in event time, an id seen again is a duplicate. Impression ids are remembered for the
 *     longest horizon if that is more.
 * @param userTtl after how long, in event time, without any event a user is forgotten, history and all; longer than all of
 *     the above and every horizon
 * @param limits what one user may hold
 */
public record JoinSpec(
        List<TaskRule> tasks,
        Duration maxDisorder,
        Duration feedbackWait,
        Duration duplicateWindow,
        Duration userTtl,
        JoinLimits limits) {
    private static final Duration DEFAULT_DISORDER = Duration.ofMinutes(1);
    private static final Duration DEFAULT_WAIT = Duration.ofMinutes(10);
    private static final Duration DEFAULT_WINDOW = Duration.ofHours(1);
    public static final Duration DEFAULT_USER_TTL = Duration.ofDays(90);

    public JoinSpec {
        tasks = List.copyOf(tasks);
        Set<String> names = new HashSet<>();
        for (TaskRule task : tasks) {
            String given = task.given();
            if (given != null && !names.contains(given)) {
                throw new IllegalArgumentException("task " + task.name() + ": found given '" + given
                        + "', expected the name of a task listed before it");
            }
            if (!names.add(task.name())) {
                throw new IllegalArgumentException(
                        "task " + task.name() + ": found the name twice, expected each once");
            }
        }
    }

    /** With the default time to live and limits. */
    public JoinSpec(List<TaskRule> tasks, Duration maxDisorder, Duration feedbackWait, Duration duplicateWindow) {
        this(tasks, maxDisorder, feedbackWait, duplicateWindow, DEFAULT_USER_TTL, JoinLimits.DEFAULT);
    }

    /** Reads the {@code events} and {@code tasks} of a configuration's root; mistakes are noted in the nodes. */
    public static JoinSpec read(ConfigNode root) {
        List<TaskRule> tasks = new ArrayList<>();
        Set<String> names = new TreeSet<>();
        for (ConfigNode node : root.children("tasks")) {
            TaskRule task = TaskRule.read(node);
            String given = task.given();
            if (given != null && !names.contains(given)) {
                node.problem("given", "found '" + given + "', expected a task listed before this one: " + names);
                task = task.unconditional();
            }
            if (names.add(task.name())) {
                tasks.add(task);
            } else {
                node.problem("name", "found '" + task.name() + "' a second time, expected every task to have its own");
            }
        }
        if (tasks.isEmpty()) {
            root.problem("tasks", "found none, expected a list of at least one task");
        }
        ConfigNode events = root.child("events");
        Duration feedbackWait = events.duration("feedback_wait", DEFAULT_WAIT);
        Duration duplicateWindow = events.duration("duplicate_window", DEFAULT_WINDOW);
        Duration longest = tasks.stream()
                .map(task -> Duration.ofMillis(task.openMillis()))
                .reduce(feedbackWait.compareTo(duplicateWindow) > 0 ? feedbackWait : duplicateWindow, JoinSpec::longer);
        Duration userTtl = events.duration("user_ttl", longer(DEFAULT_USER_TTL, longest.multipliedBy(2)));
        if (userTtl.compareTo(longest) <= 0) {
            events.problem(
                    "user_ttl",
                    "found " + userTtl + ", expected more than " + longest
                            + ", which is the longest horizon, wait or window");
            userTtl = longest.plusMillis(1);
        }
        return new JoinSpec(
                tasks,
                events.duration("max_disorder", DEFAULT_DISORDER),
                feedbackWait,
                duplicateWindow,
                userTtl,
                JoinLimits.read(events.child("limits")));
    }

    private static Duration longer(Duration one, Duration other) {
        return one.compareTo(other) > 0 ? one : other;
    }

    /** The names of the tasks, in order. */
    public List<String> taskNames() {
        return tasks.stream().map(TaskRule::name).toList();
    }

    /** The longest time from an impression until the last word on its labels, corrections included. */
    public long longestHorizonMillis() {
        return tasks.stream().mapToLong(TaskRule::openMillis).max().orElse(0);
    }

    /** How long an impression's id is remembered. */
    public long impressionMemoryMillis() {
        return Math.max(duplicateWindow.toMillis(), longestHorizonMillis());
    }
}
