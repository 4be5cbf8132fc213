package freshet.model.batch;

import freshet.model.math.Crew;
import freshet.model.math.ProductKernel;
import freshet.model.spec.ModelSpec;
import freshet.model.spec.TaskSpec;
import freshet.serde.example.FeatureValues;
import freshet.serde.example.HashedIds;
import freshet.serde.example.LabeledExample;
import freshet.serde.example.TaskLabel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A mini-batch as flat arrays: hashed ids, numbers, labels. Filled again and again; one thread.
 *
 * <p>An example with a feature, label or weight that is not finite spoils only itself for scoring ({@link #finite}); none comes
 * this far for learning.
 */
public final class Batch {
    /** Examples that one thread loads in one go. */
    private static final int EXAMPLES_TOGETHER = 32;

    private static final HashedIds[] NONE = {};

    private final Crew crew;
    private final int tasks;
    private final String[] taskNames;
    private final IdColumn[] columns;
    private final int numberCount;
    private int size;
    private boolean[] finiteExamples = new boolean[0];
    private float[] numbers = new float[0];
    private float[] labels = new float[0];
    private float[] weights = new float[0];
    private float[] undone = new float[0];
    private final List<FeatureValues> features = new ArrayList<>();
    private List<FeatureValues> loaded = features;
    private List<LabeledExample> labelled = List.of();
    /** By example; empty where ids come as texts. */
    private HashedIds[] hashedIds = NONE;
    /** By piece of work: the hashes of ids that come as texts. */
    private final List<HashedExamples> hashed = new ArrayList<>();

    private final Crew.Job loadExamples = this::loadExamples;
    private final Crew.Job fillColumn = this::fillColumn;
    private final Crew.Job fillColumnOfHashes = this::fillColumnOfHashes;

    /** @param crew shares in the hashing of ids */
    public Batch(ModelSpec spec, Crew crew) {
        this.crew = crew;
        tasks = spec.taskCount();
        taskNames = spec.tasks().stream().map(TaskSpec::name).toArray(String[]::new);
        columns = new IdColumn[spec.schema().idNames().size()];
        Arrays.setAll(columns, slot -> new IdColumn());
        numberCount = spec.schema().numberNames().size();
    }

    /**
     * Fills the batch with examples and their labels; labels of tasks that the model does not have are passed over. Their ids are
     * taken as {@link FeatureValues#hashedIds} has them.
     */
    public void load(List<LabeledExample> examples) {
        clear(examples.size());
        features.clear();
        for (int i = 0; i < size; i++) {
            features.add(examples.get(i).features());
        }
        fill(features, examples);
    }

    /**
     * Fills the batch with features alone: every task is masked. Ids are taken as hashes if all have been hashed before. If not,
     * where an example has the very same array of ids as the one before it, as candidates for one viewer may, they are hashed
     * and looked up once.
     */
    public void loadFeatures(List<FeatureValues> examples) {
        clear(examples.size());
        fill(examples, List.of());
    }

    /** @param withLabels the same examples, or nothing */
    private void fill(List<FeatureValues> examples, List<LabeledExample> withLabels) {
        for (int i = 0; i < size; i++) {
            requireSlots(examples.get(i).idSlots(), examples.get(i).numbers().length);
        }
        loaded = examples;
        labelled = withLabels;
        boolean asHashes = !withLabels.isEmpty() || areHashed(examples);
        reserveHashes(asHashes);
        crew.run(pieces(), loadExamples);
        crew.run(columns.length, asHashes ? fillColumnOfHashes : fillColumn);
    }

    private static boolean areHashed(List<FeatureValues> examples) {
        for (int i = 0; i < examples.size(); i++) {
            if (!examples.get(i).isHashed()) {
                return false;
            }
        }
        return true;
    }

    private void reserveHashes(boolean asHashes) {
        if (!asHashes) {
            hashedIds = NONE;
            while (hashed.size() < pieces()) {
                hashed.add(new HashedExamples(columns.length));
            }
        } else if (hashedIds.length < size) {
            hashedIds = new HashedIds[size];
        }
    }

    private int pieces() {
        return (size + EXAMPLES_TOGETHER - 1) / EXAMPLES_TOGETHER;
    }

    private int endExample(int piece) {
        return Math.min((piece + 1) * EXAMPLES_TOGETHER, size);
    }

    private void loadExamples(int piece, ProductKernel kernel) {
        int from = piece * EXAMPLES_TOGETHER;
        int to = endExample(piece);
        for (int i = from; i < to; i++) {
            if (!labelled.isEmpty()) {
                loadLabels(i, labelled.get(i).labels());
            }
            FeatureValues values = loaded.get(i);
            loadNumbers(i, values.numbers());
            if (hashedIds != NONE) {
                hashedIds[i] = values.hashedIds();
            }
        }
        if (hashedIds == NONE) {
            hashed.get(piece).load(loaded, from, to);
        }
    }

    private void fillColumn(int slot, ProductKernel kernel) {
        for (int piece = 0; piece < pieces(); piece++) {
            hashed.get(piece).addTo(columns[slot], slot, endExample(piece) - piece * EXAMPLES_TOGETHER);
        }
    }

    private void fillColumnOfHashes(int slot, ProductKernel kernel) {
        IdColumn column = columns[slot];
        for (int i = 0; i < size; i++) {
            HashedIds ids = hashedIds[i];
            column.addExample(ids.ids(), ids.starts()[slot], ids.starts()[slot + 1]);
        }
    }

    /** As {@link #loadFeatures}, of features whose ids are hashed already. */
    public void loadHashed(List<HashedFeatures> examples) {
        clear(examples.size());
        for (int i = 0; i < size; i++) {
            HashedFeatures values = examples.get(i);
            requireSlots(values.ids().length, values.numbers().length);
            for (int slot = 0; slot < columns.length; slot++) {
                for (long id : values.ids()[slot]) {
                    columns[slot].add(id);
                }
                columns[slot].endExample();
            }
            loadNumbers(i, values.numbers());
        }
    }

    private void clear(int examples) {
        size = examples;
        reserve();
        Arrays.fill(labels, 0, size * tasks, 0f);
        Arrays.fill(weights, 0, size * tasks, 0f);
        Arrays.fill(undone, 0, size * tasks, 0f);
        Arrays.fill(finiteExamples, 0, size, true);
        for (IdColumn column : columns) {
            column.clear();
        }
    }

    private void requireSlots(int idSlots, int numberSlots) {
        if (idSlots != columns.length || numberSlots != numberCount) {
            throw new IllegalArgumentException("filling a batch: found " + idSlots + " id features and " + numberSlots
                    + " numbers, expected " + columns.length + " and " + numberCount
                    + "; the examples were made with another configuration");
        }
    }

    private void loadLabels(int example, List<TaskLabel> carried) {
        for (int j = 0; j < carried.size(); j++) {
            TaskLabel label = carried.get(j);
            int task = taskIndex(label.task());
            if (task >= 0) {
                int at = example * tasks + task;
                labels[at] = label.label();
                weights[at] = label.weight();
                undone[at] = label.undone();
                finiteExamples[example] &=
                        Float.isFinite(labels[at]) && Float.isFinite(weights[at]) && Float.isFinite(undone[at]);
            }
        }
    }

    private void loadNumbers(int example, float[] values) {
        boolean allFinite = true;
        for (int slot = 0; slot < numberCount; slot++) {
            numbers[example * numberCount + slot] = values[slot];
            allFinite &= Float.isFinite(values[slot]);
        }
        finiteExamples[example] &= allFinite;
    }

    /** Number of examples. */
    public int size() {
        return size;
    }

    /** Whether every feature, label and weight of an example is a finite number. */
    public boolean finite(int example) {
        return finiteExamples[example];
    }

    /** {@code [size, tasks]}: labels; 0 where masked. */
    public float[] labels() {
        return labels;
    }

    /** {@code [size, tasks]}: weights of the labels; 0 where masked. */
    public float[] weights() {
        return weights;
    }

    /** {@code [size, tasks]}: weights of negatives that these labels take back; 0 where there is none. */
    public float[] undone() {
        return undone;
    }

    IdColumn column(int slot) {
        return columns[slot];
    }

    float number(int example, int slot) {
        return numbers[example * numberCount + slot];
    }

    private int taskIndex(String name) {
        for (int task = 0; task < taskNames.length; task++) {
            if (taskNames[task].equals(name)) {
                return task;
            }
        }
        return -1;
    }

    private void reserve() {
        if (finiteExamples.length < size) {
            finiteExamples = new boolean[size];
            numbers = new float[size * numberCount];
            labels = new float[size * tasks];
            weights = new float[size * tasks];
            undone = new float[size * tasks];
        }
    }
}
