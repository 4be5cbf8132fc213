package freshet.model.snapshot;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import freshet.model.batch.HashedFeatures;
import freshet.model.learn.Scorer;
import freshet.model.math.CounterRandom;
import freshet.model.spec.ModelSpec;
import freshet.serde.example.FeatureSchema;
import freshet.serde.example.FeatureValues;
import freshet.serde.snapshot.BadSnapshotException;
import freshet.serde.wire.Decimals;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code golden.json}: a few inputs with the trainer's own outputs, by which a reader finds out whether it computes what the
 * trainer did. Both halves can be checked alone: features to the network's inputs {@code x} and {@code bias} (hashing,
 * lookup, pooling), and these to the predictions (the network). The first rows are made up, their ids are texts nobody uses;
 * behind them stand the last examples that were learnt, by which rows that were learnt are looked up too. Of those only the
 * numbers are told that ids are hashed to, which {@code rows} holds anyway.
 */
public final class GoldenRows {

    /** The file's name in a snapshot. */
    public static final String NAME = "golden.json";

    /** How far a reader's prediction may be off, as a part of the prediction or of 1, whichever is more. */
    public static final float TOLERANCE = 1e-5f;

    private static final String IDS = "ids";
    private static final String HASHED_IDS = "hashed_ids";
    private static final int MADE_UP = 4;
    private static final ObjectMapper JSON =
            new ObjectMapper().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);

    /**
     * What is scored.
     *
     * @param text the features as a server extracts them, whose ids a reader has to hash; absent for those of a real impression,
     *     whose ids do not leave the trainer as texts
     * @param features as the model sees them
     */
    public record Input(@Nullable FeatureValues text, HashedFeatures features) {
        /** Of features whose texts may be published. */
        public static Input of(FeatureValues text) {
            return new Input(text, HashedFeatures.of(text));
        }

        /** Of features whose texts may not be. */
        public Input(HashedFeatures features) {
            this(null, features);
        }
    }

    /**
     * One golden row.
     *
     * @param input what is scored
     * @param x {@code float[inputWidth]}: the network's input
     * @param bias {@code float[tasks]}: the logit offsets
     * @param predictions {@code float[tasks]}
     */
    public record Row(Input input, float[] x, float[] bias, float[] predictions) {
        public HashedFeatures features() {
            return input.features();
        }
    }

    private GoldenRows() {}

    /** Whether a prediction is what the trainer predicts, for a reader with other arithmetic. */
    public static boolean agree(float found, float expected) {
        return Math.abs(found - expected) <= TOLERANCE * Math.max(1f, Math.abs(expected));
    }

    /**
     * Features of nobody: ids that no product uses and numbers from -1 to 1, a pure function of the model's spec. The first row
     * is empty.
     */
    public static List<FeatureValues> madeUp(ModelSpec spec) {
        FeatureSchema schema = spec.schema();
        List<FeatureValues> rows = new ArrayList<>();
        for (int row = 0; row < MADE_UP; row++) {
            String[][] ids = new String[schema.idNames().size()][];
            for (int slot = 0; slot < ids.length; slot++) {
                ids[slot] = new String[Math.min(row, 2)];
                for (int i = 0; i < ids[slot].length; i++) {
                    ids[slot][i] = "golden-" + row + "-" + slot + "-" + i;
                }
            }
            float[] numbers = new float[schema.numberNames().size()];
            long key = CounterRandom.key(spec.seed(), row);
            for (int slot = 0; slot < numbers.length && row > 0; slot++) {
                numbers[slot] = 2 * CounterRandom.uniform(key, slot) - 1;
            }
            rows.add(new FeatureValues(ids, numbers));
        }
        return rows;
    }

    /** Golden rows of inputs, scored by the code the learner scores with: what a server has to reproduce. */
    static List<Row> score(ModelSpec spec, Scorer scorer, List<Input> inputs) {
        List<HashedFeatures> features = inputs.stream().map(Input::features).toList();
        int tasks = spec.taskCount();
        int width = spec.inputWidth();
        float[] x = new float[features.size() * width];
        float[] bias = new float[features.size() * tasks];
        float[] predictions = new float[features.size() * tasks];
        scorer.assembleHashed(features, x, bias);
        scorer.scoreHashed(features, predictions);
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < features.size(); i++) {
            rows.add(new Row(
                    inputs.get(i),
                    Arrays.copyOfRange(x, i * width, (i + 1) * width),
                    Arrays.copyOfRange(bias, i * tasks, (i + 1) * tasks),
                    Arrays.copyOfRange(predictions, i * tasks, (i + 1) * tasks)));
        }
        return rows;
    }

    static byte[] bytes(ModelSpec spec, List<Row> rows) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JsonGenerator json = JSON.createGenerator(bytes)) {
            json.writeStartObject();
            json.writeArrayFieldStart("rows");
            for (Row row : rows) {
                json.writeStartObject();
                writeIds(json, spec.schema(), row.input());
                json.writeObjectFieldStart("numbers");
                for (int slot = 0; slot < row.features().numbers().length; slot++) {
                    json.writeFieldName(spec.schema().numberNames().get(slot));
                    json.writeNumber(Decimals.text(row.features().numbers()[slot]));
                }
                json.writeEndObject();
                write(json, "x", row.x());
                write(json, "bias", row.bias());
                write(json, "predictions", row.predictions());
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeEndObject();
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return bytes.toByteArray();
    }

    /** Hashed ids as text: as numbers they would lose digits in readers that have no 64-bit integers. */
    private static void writeIds(JsonGenerator json, FeatureSchema schema, Input input) throws IOException {
        FeatureValues text = input.text();
        json.writeObjectFieldStart(text == null ? HASHED_IDS : IDS);
        for (int slot = 0; slot < schema.idNames().size(); slot++) {
            json.writeArrayFieldStart(schema.idNames().get(slot));
            if (text == null) {
                for (long id : input.features().ids()[slot]) {
                    json.writeString(Long.toString(id));
                }
            } else {
                for (String id : text.ids()[slot]) {
                    json.writeString(id);
                }
            }
            json.writeEndArray();
        }
        json.writeEndObject();
    }

    private static void write(JsonGenerator json, String name, float[] values) throws IOException {
        json.writeArrayFieldStart(name);
        for (float value : values) {
            json.writeNumber(Decimals.text(value));
        }
        json.writeEndArray();
    }

    static List<Row> parse(byte[] bytes, ModelSpec spec) throws BadSnapshotException {
        JsonNode json;
        try {
            json = JSON.readTree(bytes);
        } catch (IOException e) {
            throw new BadSnapshotException(NAME + ": not JSON", e);
        }
        FeatureSchema schema = spec.schema();
        List<Row> rows = new ArrayList<>();
        for (JsonNode row : json.path("rows")) {
            float[] numbers = new float[schema.numberNames().size()];
            for (int slot = 0; slot < numbers.length; slot++) {
                numbers[slot] =
                        number(row.path("numbers").path(schema.numberNames().get(slot)));
            }
            rows.add(new Row(
                    row.has(HASHED_IDS)
                            ? new Input(new HashedFeatures(hashedIds(row.path(HASHED_IDS), schema), numbers))
                            : Input.of(new FeatureValues(ids(row.path(IDS), schema), numbers)),
                    floats(row, "x", spec.inputWidth()),
                    floats(row, "bias", spec.taskCount()),
                    floats(row, "predictions", spec.taskCount())));
        }
        return rows;
    }

    private static String[][] ids(JsonNode json, FeatureSchema schema) {
        String[][] ids = new String[schema.idNames().size()][];
        for (int slot = 0; slot < ids.length; slot++) {
            JsonNode list = json.path(schema.idNames().get(slot));
            ids[slot] = new String[list.size()];
            for (int i = 0; i < list.size(); i++) {
                ids[slot][i] = list.get(i).asText();
            }
        }
        return ids;
    }

    private static long[][] hashedIds(JsonNode json, FeatureSchema schema) throws BadSnapshotException {
        String[][] texts = ids(json, schema);
        long[][] ids = new long[texts.length][];
        for (int slot = 0; slot < ids.length; slot++) {
            ids[slot] = new long[texts[slot].length];
            for (int i = 0; i < ids[slot].length; i++) {
                try {
                    ids[slot][i] = Long.parseLong(texts[slot][i]);
                } catch (NumberFormatException e) {
                    throw new BadSnapshotException(NAME + ": found '" + texts[slot][i]
                            + "' among the hashed ids, expected a signed number of 64 bits");
                }
            }
        }
        return ids;
    }

    private static float[] floats(JsonNode row, String name, int length) throws BadSnapshotException {
        JsonNode list = row.path(name);
        if (list.size() != length) {
            throw new BadSnapshotException(
                    NAME + ": found " + list.size() + " numbers in '" + name + "', expected " + length);
        }
        float[] values = new float[length];
        Iterator<JsonNode> elements = list.elements();
        for (int i = 0; i < length; i++) {
            values[i] = number(elements.next());
        }
        return values;
    }

    /** From its text: by way of a double it could be rounded twice. */
    private static float number(JsonNode json) throws BadSnapshotException {
        if (!json.isNumber()) {
            throw new BadSnapshotException(NAME + ": found " + json + ", expected a number");
        }
        return Float.parseFloat(json.asText());
    }
}
