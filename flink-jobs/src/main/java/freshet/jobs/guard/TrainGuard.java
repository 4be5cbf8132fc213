package freshet.jobs.guard;

import freshet.model.spec.ModelSpec;
import freshet.model.spec.TaskSpec;
import freshet.serde.example.LabeledExample;
import freshet.serde.example.TaskLabel;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether a trainer learns: it watches every batch that is scored, stops the learning when one of the {@link GuardReason}s
 * holds, and lets it go on when windows in a row are good again. Judged after every batch, so that little is learnt of what is bad.
 *
 * <p>While it has stopped the learning, scoring goes on, so it sees whether labels and inputs have recovered. What it measures
 * then is compared with how it was before, so labels that have changed for good need somebody to say so: {@link #resume}.
 *
 * <p>A function of the examples and their predictions in the order of learning; part of the trainer's state. One thread.
 */
public final class TrainGuard {
    private static final byte VERSION = 2;

    /** So few examples that are not finite never stop anything: each is left out by itself. */
    private static final long FEW_REFUSED = 20;

    private final GuardSpec spec;
    private final ModelSpec model;
    private final long windowMillis;
    private final double decay;
    private final List<TaskWatch> tasks = new ArrayList<>();
    /** By number slot; null for a feature that may vanish. */
    private final List<@Nullable InputWatch> inputs = new ArrayList<>();

    private final GradientWatch gradients;
    private final long longestHorizonMillis;
    /** Event time of the first impression; {@link Long#MAX_VALUE} before it. */
    private long firstMillis = Long.MAX_VALUE;

    private long window = Long.MIN_VALUE;
    private long seen;
    private long refused;
    private @Nullable GuardTrip trip;
    private int healthyWindows;
    private long trips;

    /**
     * @param horizonMillisByTask how long after an impression each task's last labels are decided
     */
    public TrainGuard(GuardSpec spec, ModelSpec model, Map<String, Long> horizonMillisByTask) {
        this.spec = spec;
        this.model = model;
        windowMillis = spec.window().toMillis();
        decay = StrictMath.pow(
                0.5, (double) windowMillis / spec.baselineHalfLife().toMillis());
        for (TaskSpec task : model.tasks()) {
            tasks.add(new TaskWatch(
                    task.loss().isProbability(), horizonMillisByTask.getOrDefault(task.name(), 0L), spec));
        }
        for (String name : model.schema().numberNames()) {
            inputs.add(spec.ignoredInputs().contains(name) ? null : new InputWatch(spec));
        }
        gradients = new GradientWatch(spec.gradientFactor());
        longestHorizonMillis = horizonMillisByTask.values().stream()
                .mapToLong(Long::longValue)
                .max()
                .orElse(0);
    }

    /**
     * Where labels are decided early, a new model sees nothing but positives of a task until its first horizon has passed, and
     * then unlearns that, which all tasks feel. What was lost until every kind of label has come is not how things are.
     */
    private long settledMillis() {
        return firstMillis == Long.MAX_VALUE ? Long.MAX_VALUE : firstMillis + longestHorizonMillis;
    }

    /** Decided time has come this far: windows that have ended are judged. To be asked before a batch is learnt. */
    public boolean learnsAt(long decidedMillis) {
        long reached = Math.floorDiv(decidedMillis, windowMillis);
        if (reached != window) {
            if (window != Long.MIN_VALUE) {
                closeWindow();
            }
            window = reached;
        }
        return trip == null;
    }

    /**
     * A batch was scored, and perhaps learnt.
     *
     * @param predictions {@code float[batch.size() * tasks]}, row by row, made before the labels were learnt; NaN for an example
     *     that is not finite
     */
    public void scored(List<LabeledExample> batch, float[] predictions) {
        long decided = batch.get(batch.size() - 1).decidedTimeMillis();
        if (firstMillis == Long.MAX_VALUE) {
            firstMillis = batch.get(0).eventTimeMillis();
        }
        for (int row = 0; row < batch.size(); row++) {
            seen++;
            if (!Float.isFinite(predictions[row * model.taskCount()])) {
                refused++;
                continue;
            }
            LabeledExample example = batch.get(row);
            for (TaskLabel label : example.labels()) {
                int task = model.taskIndex(label.task());
                if (task >= 0 && Float.isFinite(label.label())) {
                    float prediction = predictions[row * model.taskCount() + task];
                    tasks.get(task).add(example.eventTimeMillis(), prediction, label.label());
                }
            }
        }
        countInputs(batch);
        tasks.forEach(task -> task.ripen(decided, settledMillis()));
        judge(decided);
    }

    private void countInputs(List<LabeledExample> batch) {
        for (int slot = 0; slot < inputs.size(); slot++) {
            InputWatch input = inputs.get(slot);
            if (input != null) {
                long present = 0;
                for (LabeledExample example : batch) {
                    present += example.features().numbers()[slot] != 0 ? 1 : 0;
                }
                input.add(batch.size(), present);
            }
        }
    }

    /** A batch was learnt, or tried to. */
    public void learnt(long decidedMillis, int examples, double gradientNorm) {
        gradients.add(examples, gradientNorm);
        judge(decidedMillis);
    }

    /** A batch was not learnt because its loss or gradient is not finite. */
    public void refusedGradient(long decidedMillis, int examples) {
        refused += examples;
        judge(decidedMillis);
    }

    /** A weight is not finite: nothing of this model may leave. */
    public void weightNotFinite(long decidedMillis, String tensor) {
        if (spec.enabled() && trip == null) {
            trip(new GuardTrip(
                    GuardReason.NOT_FINITE,
                    tensor,
                    "found a weight of " + tensor + " that is not finite; the model has to be rolled back",
                    decidedMillis));
        }
    }

    /** Why the trainer does not learn; empty while it does. */
    public Optional<GuardTrip> trip() {
        return Optional.ofNullable(trip);
    }

    /** How often it has stopped the learning. */
    public long trips() {
        return trips;
    }

    /** Learning goes on; what comes is compared with how things used to be, as before. For a model that is good again. */
    public void letGo() {
        trip = null;
        healthyWindows = 0;
        clearWindows();
    }

    /** Learning goes on, and how things used to be is forgotten: what comes now is taken as right. */
    public void resume() {
        trip = null;
        healthyWindows = 0;
        seen = 0;
        refused = 0;
        tasks.forEach(TaskWatch::forget);
        inputs.forEach(input -> {
            if (input != null) {
                input.forget();
            }
        });
        gradients.forget();
    }

    private void judge(long decidedMillis) {
        if (trip != null || !spec.enabled()) {
            return;
        }
        if (tooManyRefused()) {
            trip(new GuardTrip(
                    GuardReason.NOT_FINITE,
                    "",
                    "found " + refused + " of " + seen + " examples of a window without a finite score or gradient,"
                            + " expected a share of " + spec.refusedShare() + " at most",
                    decidedMillis));
        } else if (gradients.isBad()) {
            trip(new GuardTrip(
                    GuardReason.GRADIENT_NORM,
                    "",
                    "found gradients in a row that are more than " + spec.gradientFactor()
                            + " times as long as they were",
                    decidedMillis));
        } else {
            judgeTasks(decidedMillis);
            judgeInputs(decidedMillis);
        }
    }

    private boolean tooManyRefused() {
        return refused >= FEW_REFUSED && refused > spec.refusedShare() * seen;
    }

    private void judgeTasks(long decidedMillis) {
        for (int i = 0; i < tasks.size() && trip == null; i++) {
            TaskWatch task = tasks.get(i);
            String name = model.tasks().get(i).name();
            if (task.rate.health() == Health.BAD) {
                trip(new GuardTrip(
                        GuardReason.LABEL_RATE,
                        name,
                        "positive labels of " + name + ": " + task.rate.words(),
                        decidedMillis));
            } else if (task.loss.health() == Health.BAD) {
                trip(new GuardTrip(
                        GuardReason.LOSS, name, "predictions of " + name + ": " + task.loss.words(), decidedMillis));
            }
        }
    }

    private void judgeInputs(long decidedMillis) {
        for (int slot = 0; slot < inputs.size() && trip == null; slot++) {
            InputWatch input = inputs.get(slot);
            if (input != null && input.health() == Health.BAD) {
                String name = model.schema().numberNames().get(slot);
                trip(new GuardTrip(
                        GuardReason.INPUT, name, "the feature " + name + " is " + input.words(), decidedMillis));
            }
        }
    }

    private void trip(GuardTrip why) {
        trip = why;
        trips++;
        healthyWindows = 0;
        clearWindows();
    }

    private void clearWindows() {
        seen = 0;
        refused = 0;
        gradients.clear();
        for (TaskWatch task : tasks) {
            task.rate.clearWindow();
            task.loss.clearWindow();
        }
        for (InputWatch input : inputs) {
            if (input != null) {
                input.clearWindow();
            }
        }
    }

    private void closeWindow() {
        if (trip == null) {
            learnWindow();
        } else {
            judgeRecovery(trip);
        }
        seen = 0;
        refused = 0;
    }

    /** What was good becomes how it used to be; where there is too little to tell, the window stays open. */
    private void learnWindow() {
        for (TaskWatch task : tasks) {
            if (isUsual(task.rate.health(), task.rate.isJudged())) {
                task.rate.learnWindow(decay);
            }
            if (isUsual(task.loss.health(), task.loss.isJudged())) {
                task.loss.learnWindow(decay);
            }
        }
        for (InputWatch input : inputs) {
            if (input != null) {
                input.learnWindow(decay);
            }
        }
    }

    /** Without a guard everything is: one that is switched on later begins with what came last. */
    private boolean isUsual(Health health, boolean judged) {
        return health == Health.GOOD || !judged || !spec.enabled();
    }

    private void judgeRecovery(GuardTrip of) {
        boolean bad = tooManyRefused();
        boolean subjectGood =
                (of.reason() == GuardReason.NOT_FINITE || of.reason() == GuardReason.GRADIENT_NORM) && seen > 0 && !bad;
        for (int i = 0; i < tasks.size(); i++) {
            TaskWatch task = tasks.get(i);
            String name = model.tasks().get(i).name();
            Health rate = task.rate.health();
            Health loss = task.loss.health();
            bad |= rate == Health.BAD || loss == Health.BAD;
            subjectGood |= rate == Health.GOOD && is(of, GuardReason.LABEL_RATE, name);
            subjectGood |= loss == Health.GOOD && is(of, GuardReason.LOSS, name);
            if (rate != Health.UNKNOWN) {
                task.rate.clearWindow();
            }
            if (loss == Health.BAD) {
                task.loss.tolerateHalf();
            } else if (loss == Health.GOOD) {
                task.loss.clearWindow();
            }
        }
        for (int slot = 0; slot < inputs.size(); slot++) {
            InputWatch input = inputs.get(slot);
            if (input != null) {
                Health health = input.health();
                bad |= health == Health.BAD;
                subjectGood |= health == Health.GOOD
                        && is(
                                of,
                                GuardReason.INPUT,
                                model.schema().numberNames().get(slot));
                if (health != Health.UNKNOWN) {
                    input.clearWindow();
                }
            }
        }
        healthyWindows = bad ? 0 : healthyWindows + (subjectGood ? 1 : 0);
        if (healthyWindows >= spec.healthyWindows()) {
            trip = null;
            clearWindows();
        }
    }

    private static boolean is(GuardTrip trip, GuardReason reason, String subject) {
        return trip.reason() == reason && trip.subject().equals(subject);
    }

    /** Everything it knows. */
    public void save(DataOutput out) throws IOException {
        out.writeByte(VERSION);
        for (TaskWatch task : tasks) {
            task.save(out);
        }
        out.writeInt(inputs.size());
        for (InputWatch input : inputs) {
            out.writeBoolean(input != null);
            if (input != null) {
                input.save(out);
            }
        }
        gradients.save(out);
        out.writeLong(firstMillis);
        out.writeLong(window);
        out.writeLong(seen);
        out.writeLong(refused);
        out.writeInt(healthyWindows);
        out.writeLong(trips);
        out.writeBoolean(trip != null);
        if (trip != null) {
            out.writeUTF(trip.reason().name());
            out.writeUTF(trip.subject());
            out.writeUTF(trip.detail());
            out.writeLong(trip.sinceMillis());
        }
    }

    /** Takes over what {@link #save} wrote, for the same tasks and features. What is configured may have changed. */
    public void restore(DataInput in) throws IOException {
        byte version = in.readByte();
        if (version != VERSION) {
            throw new IOException("restoring the guard: found version " + version + ", expected " + VERSION
                    + "; the state was written by another release of Freshet, restore it with that one");
        }
        for (TaskWatch task : tasks) {
            task.restore(in);
        }
        restoreInputs(in);
        gradients.restore(in);
        firstMillis = in.readLong();
        window = in.readLong();
        seen = in.readLong();
        refused = in.readLong();
        healthyWindows = in.readInt();
        trips = in.readLong();
        boolean tripped = in.readBoolean();
        GuardTrip saved = tripped
                ? new GuardTrip(GuardReason.valueOf(in.readUTF()), in.readUTF(), in.readUTF(), in.readLong())
                : null;
        trip = spec.enabled() ? saved : null;
    }

    /** Features may have been added or removed: then, as the slots mean others, all begin anew. */
    private void restoreInputs(DataInput in) throws IOException {
        int count = in.readInt();
        for (int slot = 0; slot < count; slot++) {
            if (in.readBoolean()) {
                InputWatch input = slot < inputs.size() ? inputs.get(slot) : null;
                (input == null ? new InputWatch(spec) : input).restore(in);
            }
        }
        if (count != inputs.size()) {
            inputs.forEach(input -> {
                if (input != null) {
                    input.forget();
                }
            });
        }
    }
}
