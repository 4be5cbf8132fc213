package freshet.jobs.join;

import freshet.features.extract.FeatureExtractor;
import freshet.jobs.config.FreshetConfig;
import freshet.serde.event.Event;
import freshet.serde.event.Feedback;
import freshet.serde.example.ExampleMessage;
import freshet.serde.example.Frontier;
import freshet.serde.example.LabeledExample;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The join's subtasks without Flink, for the simulator: every core that {@link JoinOperator} puts together, put together in the same way, with
 * one call for each thing that can happen. A checkpoint is bytes and maps of bytes, as in Flink's state.
 */
public final class SteppedJoin {
    public static final int KEY_GROUPS = 8;

    /** So little that users are let go and come back all the time. */
    private static final long HOT_BYTES = 6_000;

    private final FreshetConfig config;
    private final Output out;
    private final List<Subtask> subtasks = new ArrayList<>();
    /** Keyed state, of all subtasks: no two have a user in common. */
    private final Map<String, byte[]> stored = new HashMap<>();

    private final StateShapes shapes;

    /** Where it all goes. */
    public interface Output {
        void message(ExampleMessage message);

        void late(Event event);

        void orphan(Feedback feedback);
    }

    /** What a checkpoint holds: by user, by key group, and lists. */
    public record Saved(
            Map<String, byte[]> users,
            Map<Integer, byte[]> due,
            List<byte[]> ledgers,
            List<long[]> passed,
            byte[] shapes) {}

    public SteppedJoin(FreshetConfig config, int parallelism, @Nullable Saved saved, Output out) {
        this.config = config;
        this.out = out;
        FeatureExtractor extractor = new FeatureExtractor(config.features());
        StateShape configured = StateShape.of(config.join(), extractor.schema(), config.featuresBlock());
        shapes = saved == null
                ? new StateShapes(List.of(configured))
                : StateShapes.decode(saved.shapes).continuedAs(configured);
        if (saved != null) {
            stored.putAll(saved.users);
        }
        for (int i = 0; i < parallelism; i++) {
            int first = (i * KEY_GROUPS + parallelism - 1) / parallelism;
            int last = ((i + 1) * KEY_GROUPS - 1) / parallelism;
            subtasks.add(new Subtask(first, last, extractor));
        }
        if (saved != null) {
            for (int i = 0; i < saved.ledgers.size(); i++) {
                subtasks.get(i % parallelism).ledger.merge(Ledger.decode(saved.ledgers.get(i)));
            }
            subtasks.forEach(subtask -> subtask.restore(saved));
        }
    }

    private static int keyGroup(String userId) {
        return Math.floorMod(userId.hashCode(), KEY_GROUPS);
    }

    public int subtaskOf(Event event) {
        int group = keyGroup(event.userId());
        for (int i = 0; i < subtasks.size(); i++) {
            if (subtasks.get(i).first <= group && group <= subtasks.get(i).last) {
                return i;
            }
        }
        throw new AssertionError("nobody has key group " + group);
    }

    public int parallelism() {
        return subtasks.size();
    }

    /** As {@link JoinOperator#processElement}. */
    public void event(int subtask, Event event) {
        subtasks.get(subtask).event(event);
    }

    /** As {@link JoinOperator#processWatermark}. */
    public void watermark(int subtask, long millis) {
        subtasks.get(subtask).watermark(millis);
    }

    /** Of all subtasks. */
    public Ledger ledger() {
        Ledger all = new Ledger(config.join().taskNames());
        subtasks.forEach(subtask -> all.merge(subtask.ledger));
        return all;
    }

    /** A checkpoint of now. */
    public Saved save() {
        Map<Integer, byte[]> due = new TreeMap<>();
        List<byte[]> ledgers = new ArrayList<>();
        List<long[]> passed = new ArrayList<>();
        for (Subtask subtask : subtasks) {
            subtask.users.flush();
            byte[][] groups = subtask.due.save(subtask.first, subtask.last);
            for (int i = 0; i < groups.length; i++) {
                due.put(subtask.first + i, groups[i]);
            }
            ledgers.add(subtask.ledger.encode());
            passed.addAll(subtask.passed.save());
        }
        return new Saved(Map.copyOf(stored), due, ledgers, passed, shapes.encode());
    }

    private final class Subtask implements JoinOutput {
        final int first;
        final int last;
        final JoinCore core;
        final HotUsers users;
        final DueUsers due = new DueUsers();
        final PassedTime passed;
        final Ledger ledger = new Ledger(config.join().taskNames());
        private long promisedMillis = Long.MIN_VALUE;

        Subtask(int first, int last, FeatureExtractor extractor) {
            this.first = first;
            this.last = last;
            core = new JoinCore(config.join(), extractor, shapes);
            passed = new PassedTime(first, last);
            users = new HotUsers(HOT_BYTES, SteppedJoin::keyGroup, new UserStore() {
                @Override
                public byte @Nullable [] load(String userId) {
                    return stored.get(userId);
                }

                @Override
                public void save(String userId, byte[] bytes) {
                    stored.put(userId, bytes);
                }
            });
        }

        void restore(Saved saved) {
            saved.passed.forEach(passed::restore);
            promisedMillis = WholeSteps.before(passed.ofAll());
            for (int group = first; group <= last; group++) {
                due.restore(group, Objects.requireNonNull(saved.due.get(group)));
            }
        }

        void event(Event event) {
            HotUser user = users.of(event.userId());
            core.accept(user.state, EncodedEvent.of(event), passed.of(user.keyGroup), this);
            due.schedule(user, stepOfNextDue(user.state));
            users.changed(user);
        }

        void watermark(long millis) {
            passed.advance(millis);
            for (Long moment = due.earliest(millis); moment != null; moment = due.earliest(millis)) {
                for (HotUser listed : due.take(moment)) {
                    HotUser user = users.current(listed);
                    if (due.isDue(user, moment)) {
                        core.advance(user.state, millis, this);
                        due.schedule(user, stepOfNextDue(user.state));
                        users.grown(user);
                    }
                }
            }
            long through = WholeSteps.before(millis);
            if (through > promisedMillis) {
                promisedMillis = through;
                out.message(new Frontier(0, 1, first, last, KEY_GROUPS, through));
            }
        }

        private long stepOfNextDue(UserState state) {
            long next = state.nextDueMillis();
            return next == Long.MAX_VALUE ? DueUsers.NEVER : WholeSteps.after(next);
        }

        @Override
        public void example(LabeledExample example) {
            out.message(example);
        }

        @Override
        public void late(Event event) {
            out.late(event);
        }

        @Override
        public void orphan(Feedback feedback) {
            out.orphan(feedback);
        }

        @Override
        public void count(LedgerLine line, int taskIndex, long n) {
            ledger.add(line, taskIndex, n);
        }
    }
}
