package freshet.model.learn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import freshet.model.batch.Counted;
import freshet.model.layer.NamedTensor;
import freshet.model.layer.ParameterLayout;
import freshet.model.spec.ModelSpec;
import freshet.model.spec.TaskSpec;
import freshet.model.table.HeapRowStore;
import freshet.serde.config.ConfigNode;
import freshet.serde.example.FeatureSchema;
import freshet.serde.example.FeatureValues;
import freshet.serde.example.LabeledExample;
import freshet.serde.example.TaskLabel;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Six steps of learning against PyTorch, in float64: predictions, loss with masks, gradients, and what clipping, dense Adam and
 * sparse Adagrad make of them. The vectors come from src/test/python/golden_vectors.py.
 */
class GoldenVectorsTest {
    private static JsonNode golden = new ObjectMapper().createObjectNode();

    @BeforeAll
    static void read() throws IOException {
        try (InputStream in = GoldenVectorsTest.class.getResourceAsStream("golden.json")) {
            golden = new ObjectMapper().readTree(Objects.requireNonNull(in, "golden.json"));
        }
    }

    @Test
    void everyStepIsThatOfTheOtherFramework() throws IOException {
        ModelSpec spec = spec();
        List<HeapRowStore> stores =
                spec.tables().stream().map(table -> new HeapRowStore()).toList();
        Learner learner = new Learner(spec, stores::get, 0);
        int tasks = learner.spec().taskCount();
        int step = 0;
        for (JsonNode batchJson : golden.get("batches")) {
            List<LabeledExample> batch = examples(batchJson);
            float[] predictions = new float[batch.size() * tasks];
            JsonNode expected = golden.get("steps").get(step);

            assertThat(learner.step(batch, predictions)).isEqualTo(Learner.Outcome.LEARNT);

            assertClose("predictions of step " + step, predictions, 0, expected.get("predictions"));
            assertThat(learner.lastLoss()).isCloseTo(expected.get("loss").asDouble(), within(1e-5));
            double norm = expected.get("gradient_norm").asDouble();
            assertThat(learner.lastGradientNorm()).isCloseTo(norm, within(1e-5 * norm));
            if (expected.has("gradients")) {
                for (ParameterLayout.Entry entry : learner.layout().entries()) {
                    String name = entry.name();
                    assertClose(
                            "gradient of " + name + " in step " + step,
                            learner.gradients(),
                            entry.offset(),
                            expected.get("gradients").get(name));
                }
                for (NamedTensor tensor : learner.denseTensors()) {
                    if (!tensor.name().equals(Counted.GLOBAL_RATES)) {
                        JsonNode values = expected.get("parameters").get(tensor.name());
                        assertClose(tensor.name() + " after step " + step, tensor.values(), 0, values);
                    }
                }
                learner.saveTables(new DataOutputStream(OutputStream.nullOutputStream()));
                for (Map.Entry<String, JsonNode> table : expected.get("rows").properties()) {
                    assertRows(stores.get(tableIndex(learner, table.getKey())), table);
                }
            }
            step++;
        }
        golden.get("rates").properties().forEach(key -> assertRates(learner, key));
        int task = 0;
        for (JsonNode counts : golden.get("global_rates")) {
            NamedTensor global =
                    learner.denseTensors().get(learner.denseTensors().size() - 1);
            assertClose("global rates", global.values(), 2 * task++, counts);
        }
    }

    /** Weights and slots; behind them lies the hour of the last touch. */
    private static void assertRows(HeapRowStore store, Map.Entry<String, JsonNode> table) {
        table.getValue().properties().forEach(row -> {
            float[] found = store.rows().get(Long.parseUnsignedLong(row.getKey(), 16));
            assertThat(found)
                    .as("row %s of %s", row.getKey(), table.getKey())
                    .isNotNull()
                    .hasSize(row.getValue().size() + 1);
            assertClose(table.getKey() + " " + row.getKey(), Objects.requireNonNull(found), 0, row.getValue());
        });
    }

    private static void assertRates(Learner learner, Map.Entry<String, JsonNode> key) {
        Map<Long, float[]> rows = new HashMap<>();
        learner.forEachRow(tableIndex(learner, "rate." + key.getKey()), (id, row) -> rows.put(id, row.clone()));
        assertThat(rows).hasSize(key.getValue().size());
        key.getValue().properties().forEach(row -> {
            float[] found = Objects.requireNonNull(rows.get(Long.parseUnsignedLong(row.getKey(), 16)));
            assertClose("rates of " + key.getKey(), found, 0, row.getValue());
        });
    }

    private static int tableIndex(Learner learner, String name) {
        for (int table = 0; table < learner.tableCount(); table++) {
            if (learner.tableName(table).equals(name)) {
                return table;
            }
        }
        throw new AssertionError("no table " + name);
    }

    private static void assertClose(String what, float[] found, int offset, JsonNode expected) {
        for (int i = 0; i < expected.size(); i++) {
            double value = expected.get(i).asDouble();
            assertThat((double) found[offset + i])
                    .as("%s [%d]", what, i)
                    .isCloseTo(value, within(2e-5 + 2e-5 * Math.abs(value)));
        }
    }

    private static ModelSpec spec() {
        JsonNode schema = golden.get("schema");
        ConfigNode root = ConfigNode.root("golden.json", golden);
        List<TaskSpec> tasks =
                root.children("tasks").stream().map(TaskSpec::read).toList();
        return ModelSpec.read(
                root.child("model"), tasks, new FeatureSchema(texts(schema.get("ids")), texts(schema.get("numbers"))));
    }

    private static List<LabeledExample> examples(JsonNode batch) {
        List<LabeledExample> examples = new ArrayList<>();
        for (JsonNode json : batch) {
            List<String[]> ids = new ArrayList<>();
            json.get("ids").forEach(list -> ids.add(texts(list).toArray(new String[0])));
            float[] numbers = new float[json.get("numbers").size()];
            for (int i = 0; i < numbers.length; i++) {
                numbers[i] = (float) json.get("numbers").get(i).asDouble();
            }
            List<TaskLabel> labels = new ArrayList<>();
            for (Map.Entry<String, JsonNode> label : json.get("labels").properties()) {
                labels.add(new TaskLabel(
                        label.getKey(), (float) label.getValue().get(0).asDouble(), (float)
                                label.getValue().get(1).asDouble()));
            }
            FeatureValues features = new FeatureValues(ids.toArray(new String[0][]), numbers);
            examples.add(new LabeledExample("i" + examples.size(), "u", "v", 0, 1, features, labels));
        }
        return examples;
    }

    private static List<String> texts(JsonNode list) {
        List<String> texts = new ArrayList<>();
        list.forEach(text -> texts.add(text.asText()));
        return texts;
    }
}
