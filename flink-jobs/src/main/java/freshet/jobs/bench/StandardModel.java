package freshet.jobs.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import freshet.model.math.CounterRandom;
import freshet.model.spec.ModelSpec;
import freshet.model.spec.TaskSpec;
import freshet.serde.config.ConfigNode;
import freshet.serde.example.FeatureSchema;
import freshet.serde.example.FeatureValues;
import freshet.serde.example.LabeledExample;
import freshet.serde.example.TaskLabel;
import java.util.ArrayList;
import java.util.List;

/**
 * The model that learners are compared on: 26 sparse features (20 single ids, of which two are the bias features, and 6 bags of 8)
 * of width 16 and 12 numbers; bottom 428-128; 4 experts 128-64; 5 tasks with a gate and a tower 64-32-1; a shallow tower over
 * position and device; sparse Adagrad, dense Adam. About 0.6 MFLOP for a step per example, 68 rows read and written.
 *
 * <p>Examples are a pure function of a seed: ids by Zipf's law with exponent 1.05, 2 million in all.
 */
public final class StandardModel {
    /** Single ids with large tables; position and device come before them. */
    private static final int SINGLES = 18;

    private static final int BAGS = 6;
    private static final int BAG_SIZE = 8;
    private static final int NUMBERS = 12;
    private static final int POSITIONS = 50;
    private static final int DEVICES = 8;
    private static final int DIM = 16;
    private static final int EXPERTS = 4;
    private static final int BOTTOM = 128;
    private static final int EXPERT = 64;
    private static final int TOWER = 32;
    private static final int INPUTS = (2 + SINGLES + BAGS) * DIM + NUMBERS;
    private static final double ZIPF_EXPONENT = 1.05;
    private static final List<String> TASKS = List.of("click", "like", "share", "follow", "completion");

    /** Ids in all large tables. */
    public static final int ROWS = 2_000_000;

    /** Features of the viewer in a request: so many from the device on, and so many of the bags. */
    private static final int VIEWER_SINGLES = 10;

    private static final int VIEWER_BAGS = 4;
    private static final String[] NO_IDS = {};

    private static final int ROWS_PER_FEATURE = ROWS / (SINGLES + BAGS);

    private StandardModel() {}

    /** Multiplications and additions of the dense part for one example: forward, gradient of inputs, gradient of weights. */
    public static double denseFlopPerExample() {
        double products = INPUTS * BOTTOM
                + EXPERTS * BOTTOM * EXPERT
                + TASKS.size() * (BOTTOM * EXPERTS + EXPERTS * EXPERT + EXPERT * TOWER + TOWER);
        return 3 * 2 * products;
    }

    /** The model, for a learner with this many threads. */
    public static ModelSpec spec(int threads) {
        List<String> ids = new ArrayList<>(List.of("position", "device"));
        for (int single = 0; single < SINGLES; single++) {
            ids.add("single" + single);
        }
        for (int bag = 0; bag < BAGS; bag++) {
            ids.add("bag" + bag);
        }
        List<String> numbers = new ArrayList<>();
        for (int number = 0; number < NUMBERS; number++) {
            numbers.add("number" + number);
        }
        ObjectNode root = new ObjectMapper().createObjectNode();
        ArrayNode tasks = root.putArray("tasks");
        TASKS.forEach(task -> tasks.addObject().put("name", task));
        ObjectNode model = root.putObject("model");
        ArrayNode embeddings = model.putArray("embeddings");
        ids.forEach(id -> embeddings.addObject().put("feature", id).put("dim", DIM));
        model.putArray("bottom").add(BOTTOM);
        model.putObject("experts").put("count", EXPERTS).putArray("layers").add(EXPERT);
        model.putArray("tower").add(TOWER);
        model.putObject("shallow").putArray("cross").addArray().add("position").add("device");
        model.put("threads", threads);
        ConfigNode node = ConfigNode.root("the standard model", root);
        List<TaskSpec> taskSpecs =
                node.children("tasks").stream().map(TaskSpec::read).toList();
        ModelSpec spec = ModelSpec.read(node.child("model"), taskSpecs, new FeatureSchema(ids, numbers));
        node.check();
        return spec;
    }

    /** Examples in which every id of every large table occurs at least once, to fill them. */
    public static List<LabeledExample> everyId(int from, int to) {
        List<LabeledExample> examples = new ArrayList<>();
        for (int i = from; i < to; i++) {
            int first = i;
            examples.add(example(
                    i,
                    i,
                    (feature, place) -> feature < 2 + SINGLES
                            ? first
                            : (int) (((long) first * BAG_SIZE + place) % ROWS_PER_FEATURE)));
        }
        return examples;
    }

    /** How many examples {@link #everyId} has. */
    public static int everyIdCount() {
        return ROWS_PER_FEATURE;
    }

    /** Examples as they come. */
    public static List<LabeledExample> examples(long seed, int count) {
        Zipf zipf = new Zipf(ROWS_PER_FEATURE, ZIPF_EXPONENT);
        List<LabeledExample> examples = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            long key = CounterRandom.key(seed, i);
            examples.add(example(
                    seed, i, (feature, place) -> zipf.rank(CounterRandom.uniform(key, feature * BAG_SIZE + place))));
        }
        return examples;
    }

    /**
     * A request to rank: candidates for one viewer. Shared are the device, half of the single ids and four of the six bags
     * (what the viewer has watched): every candidate has the very same arrays. The position is not known when ranking, so
     * there is none.
     *
     * @param index of the request
     * @param viewer whether candidates share what belongs to the viewer
     */
    public static List<FeatureValues> request(long seed, int index, int candidates, Viewer viewer) {
        List<LabeledExample> examples = examples(CounterRandom.key(seed, index), candidates);
        String[][] first = examples.get(0).features().ids();
        List<FeatureValues> request = new ArrayList<>();
        for (LabeledExample example : examples) {
            String[][] ids = example.features().ids();
            ids[0] = NO_IDS;
            for (int feature = 1; feature < ids.length && viewer == Viewer.SHARED; feature++) {
                if (feature <= VIEWER_SINGLES || feature >= ids.length - VIEWER_BAGS) {
                    ids[feature] = first[feature];
                }
            }
            request.add(example.features());
        }
        return request;
    }

    /** Whether candidates share what belongs to the viewer. */
    public enum Viewer {
        /** As requests are: one viewer, many candidates. */
        SHARED,
        /** Nothing in common: the hardest case. */
        OWN
    }

    /** Which id stands at a place of a feature: a number from 0, the most frequent first. */
    private interface Draw {
        int rank(int feature, int place);
    }

    private static LabeledExample example(long seed, int index, Draw draw) {
        long key = CounterRandom.key(CounterRandom.key(seed, -1), index);
        String[][] ids = new String[2 + SINGLES + BAGS][];
        ids[0] = new String[] {"p" + draw.rank(0, 0) % POSITIONS};
        ids[1] = new String[] {"d" + draw.rank(1, 0) % DEVICES};
        for (int feature = 2; feature < ids.length; feature++) {
            ids[feature] = new String[feature < 2 + SINGLES ? 1 : BAG_SIZE];
            for (int place = 0; place < ids[feature].length; place++) {
                // As long as a video's or user's id mostly is.
                ids[feature][place] = feature + "-" + (10_000_000 + draw.rank(feature, place));
            }
        }
        float[] numbers = new float[NUMBERS];
        for (int number = 0; number < NUMBERS; number++) {
            numbers[number] = 2 * CounterRandom.uniform(key, number) - 1;
        }
        List<TaskLabel> labels = new ArrayList<>();
        for (int task = 0; task < TASKS.size(); task++) {
            float positive = CounterRandom.uniform(key, NUMBERS + task) < 0.2f ? 1 : 0;
            labels.add(new TaskLabel(TASKS.get(task), positive, 1));
        }
        return new LabeledExample("i" + index, "u", "v", index, index, new FeatureValues(ids, numbers), labels);
    }

    /** Ranks by Zipf's law: rank r from 0 with probability proportional to 1 / (r + 1)^exponent. */
    private static final class Zipf {
        /** {@code [rank]}: the share of this rank and those before it. */
        private final double[] shares;

        Zipf(int ranks, double exponent) {
            shares = new double[ranks];
            double sum = 0;
            for (int rank = 0; rank < ranks; rank++) {
                sum += 1 / StrictMath.pow(rank + 1, exponent);
                shares[rank] = sum;
            }
            for (int rank = 0; rank < ranks; rank++) {
                shares[rank] /= sum;
            }
        }

        int rank(double uniform) {
            int low = 0;
            int high = shares.length - 1;
            while (low < high) {
                int middle = (low + high) / 2;
                if (shares[middle] > uniform) {
                    high = middle;
                } else {
                    low = middle + 1;
                }
            }
            return low;
        }
    }
}
