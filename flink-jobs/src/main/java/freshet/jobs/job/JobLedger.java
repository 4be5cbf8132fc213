package freshet.jobs.job;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import freshet.jobs.join.Ledger;
import freshet.jobs.join.LedgerLine;
import freshet.jobs.metric.LedgerPart;
import freshet.jobs.source.EventStream;
import freshet.jobs.source.SourceTally;
import freshet.jobs.train.ExampleTally;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The ledger of a whole job, from the parts of its subtasks: promise P4 in one place. The part of a subtask that came last
 * counts, so parts may come again after a restart; keep the order of each subtask, as one consuming task does. Not
 * thread-safe.
 */
public final class JobLedger {
    private final List<String> tasks;
    /** By operator, then subtask. */
    private final SortedMap<String, SortedMap<Integer, LedgerPart>> parts = new TreeMap<>();

    /**
     * @param tasks names of the tasks, in the order of the configuration
     */
    public JobLedger(List<String> tasks) {
        this.tasks = List.copyOf(tasks);
    }

    /** Takes a part; it replaces the one of the same subtask, and those of another parallelism. */
    public void accept(LedgerPart part) {
        SortedMap<Integer, LedgerPart> ofOperator = parts.computeIfAbsent(part.operator(), operator -> new TreeMap<>());
        ofOperator.values().removeIf(old -> old.subtasks() != part.subtasks());
        ofOperator.put(part.subtask(), part);
    }

    /** Every part that counts, by operator and subtask: what a checkpoint has to keep. */
    public List<LedgerPart> parts() {
        return parts.values().stream()
                .flatMap(ofOperator -> ofOperator.values().stream())
                .toList();
    }

    /** The sources' counts, added up. */
    public SourceTally sources() {
        SourceTally sum = new SourceTally();
        for (LedgerPart part : parts()) {
            if (part.stage() == LedgerPart.Stage.SOURCE) {
                sum.merge(SourceTally.decode(part.counts()));
            }
        }
        return sum;
    }

    /** The join's counts, added up. */
    public Ledger join() {
        Ledger sum = new Ledger(tasks);
        for (LedgerPart part : parts()) {
            if (part.stage() == LedgerPart.Stage.JOIN) {
                sum.merge(Ledger.decode(part.counts()));
            }
        }
        return sum;
    }

    /** What the trainer could not read, added up. */
    public ExampleTally trainer() {
        ExampleTally sum = new ExampleTally();
        for (LedgerPart part : parts()) {
            if (part.stage() == LedgerPart.Stage.TRAINER) {
                sum.merge(ExampleTally.decode(part.counts()));
            }
        }
        return sum;
    }

    /**
     * What does not add up, in words; empty when all does. The step from the sources to the join holds only when nothing is
     * on its way, as at the end of a replay.
     */
    public List<String> imbalances() {
        SourceTally sources = sources();
        Ledger join = join();
        List<String> found = new ArrayList<>(sources.imbalances());
        for (EventStream stream : EventStream.values()) {
            long decoded = sources.decodedCount(stream);
            long joined = join.count(read(stream));
            if (decoded != joined) {
                found.add(stream.label() + " from the sources to the join: found " + joined
                        + " read by the join, expected " + decoded);
            }
        }
        found.addAll(join.imbalances());
        return found;
    }

    private static LedgerLine read(EventStream stream) {
        return switch (stream) {
            case HISTORY -> LedgerLine.HISTORY_READ;
            case IMPRESSIONS -> LedgerLine.IMPRESSION_READ;
            case FEEDBACK -> LedgerLine.FEEDBACK_READ;
        };
    }

    /** {@code {"dead": {"empty": n, ...}}}, always with every reason: the part {@code trainer} of {@link #toJson}. */
    public ObjectNode trainerJson() {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        trainer().deadByReason().forEach(json.putObject("dead")::put);
        return json;
    }

    /** {@code {"sources": {...}, "join": {...}, "trainer": {...}, "adds_up": true, "imbalances": []}}, keys always in this order. */
    public ObjectNode toJson() {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.set("sources", sources().toJson());
        json.set("join", join().toJson());
        json.set("trainer", trainerJson());
        List<String> imbalances = imbalances();
        json.put("adds_up", imbalances.isEmpty());
        imbalances.forEach(json.putArray("imbalances")::add);
        return json;
    }
}
