package freshet.jobs.join;

import static freshet.jobs.join.LedgerLine.*;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import freshet.features.binary.ByteReader;
import freshet.features.binary.ByteWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Where every record that was read has ended, and what became of every label: promise P4. Ledgers of several subtasks add
 * up to one. The equations that must hold at any moment between two calls of the core:
 *
 * <pre>
 *   impressions read = accepted + duplicate + late + refused + pending
 *   feedback read    = used + duplicate + late + refused + orphan + after horizon + not asked + pending + waiting
 *   history read     = applied + duplicate + late + refused + pending
 *   for each task:   impressions accepted = labelled + sampled out + masked (each reason) + open
 * </pre>
 *
 * <p>Layout, version 1: version byte; the tasks (count, names); the number of lines; per line its name and its one number,
 * or one per task, as signed varlongs. Lines are matched by name, so that a release may add some. Not thread-safe.
 */
public final class Ledger {
    private static final int VERSION = 1;
    private static final LedgerLine[] LINES = LedgerLine.values();

    private final List<String> tasks;
    /** {@code long[line][task]}, or {@code long[line][1]} for a line that is not per task. */
    private final long[][] counts = new long[LINES.length][];

    public Ledger(List<String> tasks) {
        this.tasks = List.copyOf(tasks);
        for (LedgerLine line : LINES) {
            counts[line.ordinal()] = new long[line.isPerTask() ? tasks.size() : 1];
        }
    }

    public List<String> tasks() {
        return tasks;
    }

    /** Adds to a line; arguments as of {@link JoinOutput#count}. */
    public void add(LedgerLine line, int taskIndex, long n) {
        counts[line.ordinal()][line.isPerTask() ? taskIndex : 0] += n;
    }

    /** What a line stands at; the task index is ignored for a line that is not per task. */
    public long count(LedgerLine line, int taskIndex) {
        return counts[line.ordinal()][line.isPerTask() ? taskIndex : 0];
    }

    /** What a line that is not per task stands at. */
    public long count(LedgerLine line) {
        return counts[line.ordinal()][0];
    }

    /** Adds all of another ledger of the same tasks. */
    public void merge(Ledger other) {
        if (!tasks.equals(other.tasks)) {
            throw new IllegalArgumentException("merging ledgers: found tasks " + other.tasks + ", expected " + tasks);
        }
        for (int line = 0; line < counts.length; line++) {
            for (int i = 0; i < counts[line].length; i++) {
                counts[line][i] += other.counts[line][i];
            }
        }
    }

    /**
     * This ledger under another list of tasks: a task that is new had no part in what was accepted before it, one that is gone
     * has no lines any more.
     */
    Ledger under(List<String> otherTasks) {
        Ledger other = new Ledger(otherTasks);
        for (LedgerLine line : LINES) {
            if (!line.isPerTask()) {
                other.add(line, -1, count(line));
            }
        }
        for (int task = 0; task < otherTasks.size(); task++) {
            int known = tasks.indexOf(otherTasks.get(task));
            for (LedgerLine line : LINES) {
                if (line.isPerTask() && known >= 0) {
                    other.add(line, task, count(line, known));
                }
            }
            if (known < 0) {
                other.add(TASK_MASKED_BEFORE_TASK, task, count(IMPRESSION_ACCEPTED));
            }
        }
        return other;
    }

    /** The equations that do not hold, in words; empty when everything adds up. */
    public List<String> imbalances() {
        List<String> found = new ArrayList<>();
        balance(
                found,
                "impressions",
                count(IMPRESSION_READ),
                -1,
                IMPRESSION_ACCEPTED,
                IMPRESSION_DUPLICATE,
                IMPRESSION_LATE,
                IMPRESSION_REFUSED,
                IMPRESSION_PENDING);
        balance(
                found,
                "feedback",
                count(FEEDBACK_READ),
                -1,
                FEEDBACK_USED,
                FEEDBACK_DUPLICATE,
                FEEDBACK_LATE,
                FEEDBACK_REFUSED,
                FEEDBACK_ORPHAN,
                FEEDBACK_AFTER_HORIZON,
                FEEDBACK_NOT_ASKED,
                FEEDBACK_PENDING,
                FEEDBACK_WAITING);
        balance(
                found,
                "history",
                count(HISTORY_READ),
                -1,
                HISTORY_APPLIED,
                HISTORY_DUPLICATE,
                HISTORY_LATE,
                HISTORY_REFUSED,
                HISTORY_PENDING);
        for (int task = 0; task < tasks.size(); task++) {
            balance(
                    found,
                    "labels of task " + tasks.get(task),
                    count(IMPRESSION_ACCEPTED),
                    task,
                    TASK_LABELLED,
                    TASK_MASKED_DURATION_UNKNOWN,
                    TASK_MASKED_GIVEN,
                    TASK_MASKED_LIMIT,
                    TASK_MASKED_DAY_CAP,
                    TASK_MASKED_TOO_LARGE,
                    TASK_MASKED_BEFORE_TASK,
                    TASK_SAMPLED_OUT,
                    TASK_OPEN);
        }
        return found;
    }

    private void balance(List<String> found, String what, long expected, int task, LedgerLine... lines) {
        long sum = 0;
        StringBuilder parts = new StringBuilder();
        for (LedgerLine line : lines) {
            long count = count(line, task);
            sum += count;
            parts.append(parts.length() == 0 ? "" : " + ")
                    .append(line.label())
                    .append(' ')
                    .append(count);
            if (count < 0) {
                found.add(what + ": found " + line.label() + " at " + count + ", expected at least 0");
            }
        }
        if (sum != expected) {
            found.add(what + ": found " + parts + " = " + sum + ", expected " + expected);
        }
    }

    public byte[] encode() {
        ByteWriter out = new ByteWriter();
        out.writeByte(VERSION);
        out.writeVarLong(tasks.size());
        tasks.forEach(out::writeText);
        out.writeVarLong(LINES.length);
        for (LedgerLine line : LINES) {
            out.writeText(line.name());
            for (long count : counts[line.ordinal()]) {
                out.writeSignedVarLong(count);
            }
        }
        return out.toByteArray();
    }

    /** Throws {@link IllegalStateException} for bytes that are damaged or newer than this release. */
    public static Ledger decode(byte[] bytes) {
        ByteReader in = new ByteReader("a ledger", bytes);
        in.readVersion(VERSION);
        List<String> tasks = new ArrayList<>();
        for (int n = in.readCount(1); n > 0; n--) {
            tasks.add(in.readText());
        }
        Ledger ledger = new Ledger(tasks);
        for (int n = in.readCount(1); n > 0; n--) {
            LedgerLine line = lineNamed(in.readText());
            for (int i = 0; i < ledger.counts[line.ordinal()].length; i++) {
                ledger.counts[line.ordinal()][i] = in.readSignedVarLong();
            }
        }
        in.end();
        return ledger;
    }

    private static LedgerLine lineNamed(String name) {
        for (LedgerLine line : LINES) {
            if (line.name().equals(name)) {
                return line;
            }
        }
        throw new IllegalStateException("reading a ledger: found the line " + name + ", expected one of "
                + Arrays.toString(LINES) + "; it was written by a newer release, or is damaged");
    }

    /** The ledger as JSON, lines in their order: {@code {"impression_read": n, ..., "tasks": {"click": {"open": n, ...}}}}. */
    public ObjectNode toJson() {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        for (LedgerLine line : LINES) {
            if (!line.isPerTask()) {
                json.put(line.label(), count(line));
            }
        }
        ObjectNode byTask = json.putObject("tasks");
        for (int task = 0; task < tasks.size(); task++) {
            ObjectNode one = byTask.putObject(tasks.get(task));
            for (LedgerLine line : LINES) {
                if (line.isPerTask()) {
                    one.put(line.label(), count(line, task));
                }
            }
        }
        return json;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Ledger that && tasks.equals(that.tasks) && Arrays.deepEquals(counts, that.counts);
    }

    @Override
    public int hashCode() {
        return 31 * tasks.hashCode() + Arrays.deepHashCode(counts);
    }

    @Override
    public String toString() {
        return toJson().toString();
    }
}
