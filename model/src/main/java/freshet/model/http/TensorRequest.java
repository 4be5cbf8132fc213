package freshet.model.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import freshet.serde.example.FeatureSchema;
import freshet.serde.example.FeatureValues;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An inference request: one tensor per feature. The mapping is written down in model/DESIGN.md, section 11. A tensor whose
 * first dimension is 1 holds for every candidate; its array of ids is then one object for all of them, which the ranker looks up
 * once.
 *
 * @param id to be repeated in the answer; null if the request has none
 * @param profile the fusion profile; null for the default
 * @param outputs names of the tensors that are wanted; empty for all
 * @param inputs one per feature
 */
record TensorRequest(@Nullable String id, @Nullable String profile, List<String> outputs, List<Tensor> inputs) {

    /** More candidates than this are refused. */
    static final int MOST_CANDIDATES = 10_000;

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String[] NO_IDS = {};
    private static final Set<String> WHOLE =
            Set.of("INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64");
    private static final Set<String> REAL = Set.of("FP32", "FP64");
    private static final String BYTES = "BYTES";

    /**
     * A tensor as it came.
     *
     * @param name a feature
     * @param datatype one of the protocol's
     * @param rows how many candidates it is about; 1 for all
     * @param starts where the elements of each row begin, and behind them where the last ends
     * @param data the elements, row by row
     */
    record Tensor(String name, String datatype, int rows, int[] starts, List<JsonNode> data) {}

    /**
     * Reads a request.
     *
     * @throws RequestException when it is none
     */
    static TensorRequest read(byte[] body) {
        JsonNode json;
        try {
            json = JSON.readTree(body);
        } catch (IOException e) {
            throw RequestException.bad("the body: found no JSON, expected an inference request: " + firstLine(e));
        }
        if (!json.isObject()) {
            throw RequestException.bad("the body: found no JSON object, expected an inference request");
        }
        List<Tensor> inputs = new ArrayList<>();
        JsonNode tensors = json.path("inputs");
        if (!tensors.isArray() || tensors.isEmpty()) {
            throw RequestException.bad("inputs: found none, expected a tensor for each feature");
        }
        Set<String> names = new HashSet<>();
        for (JsonNode tensor : tensors) {
            Tensor read = tensor(tensor, "inputs[" + inputs.size() + "]");
            if (!names.add(read.name())) {
                throw RequestException.bad("inputs: found '" + read.name() + "' twice, expected each feature once");
            }
            inputs.add(read);
        }
        List<String> outputs = new ArrayList<>();
        for (JsonNode output : json.path("outputs")) {
            outputs.add(text(output, "name", "outputs[" + outputs.size() + "]"));
        }
        return new TensorRequest(
                optional(json, "id", ""), optional(json.path("parameters"), "profile", "parameters."), outputs, inputs);
    }

    private static String firstLine(IOException e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    }

    private static @Nullable String optional(JsonNode json, String key, String parent) {
        JsonNode value = json.path(key);
        if (value.isMissingNode() || value.isNull()) {
            return null;
        }
        return text(json, key, parent.isEmpty() ? "the request" : parent);
    }

    private static String text(JsonNode json, String key, String where) {
        JsonNode value = json.path(key);
        if (!value.isTextual()) {
            throw RequestException.bad(where + ": found " + (value.isMissingNode() ? "no " + key : key + " " + value)
                    + ", expected a text as its " + key);
        }
        return value.asText();
    }

    private static Tensor tensor(JsonNode json, String where) {
        String name = text(json, "name", where);
        String datatype = text(json, "datatype", where);
        String called = "input '" + name + "'";
        int[] shape = shape(json.path("shape"), called);
        List<JsonNode> data = new ArrayList<>();
        if (!json.path("data").isArray()) {
            throw RequestException.bad(called + ": found no data, expected an array of its elements; binary tensors are"
                    + " not supported");
        }
        flatten(json.path("data"), data);
        JsonNode offsets = json.path("parameters").path("offsets");
        long elements = 1;
        for (int dimension : shape) {
            elements *= dimension;
        }
        if (data.size() != elements) {
            throw RequestException.bad(called + ": found " + data.size() + " elements, expected " + elements
                    + " by its shape " + Arrays.toString(shape));
        }
        int[] starts = offsets.isMissingNode() ? even(shape) : ragged(offsets, shape, called);
        return new Tensor(name, datatype, starts.length - 1, starts, data);
    }

    private static int[] shape(JsonNode json, String called) {
        int[] shape = new int[json.size()];
        boolean right = json.isArray() && (shape.length == 1 || shape.length == 2);
        for (int i = 0; i < shape.length && right; i++) {
            right = json.get(i).isInt()
                    && json.get(i).asInt() >= 0
                    && json.get(i).asInt() <= 1 << 24;
            shape[i] = json.get(i).asInt();
        }
        if (!right) {
            throw RequestException.bad(
                    called + ": found shape " + json + ", expected [candidates] or [candidates, ids]");
        }
        return shape;
    }

    private static void flatten(JsonNode array, List<JsonNode> into) {
        for (JsonNode element : array) {
            if (element.isArray()) {
                flatten(element, into);
            } else {
                into.add(element);
            }
        }
    }

    private static int[] even(int[] shape) {
        int width = shape.length == 2 ? shape[1] : 1;
        int[] starts = new int[candidates(shape[0]) + 1];
        for (int i = 0; i < starts.length; i++) {
            starts[i] = i * width;
        }
        return starts;
    }

    private static int[] ragged(JsonNode offsets, int[] shape, String called) {
        int[] starts = new int[candidates(Math.max(0, offsets.size() - 1)) + 1];
        boolean right = offsets.isArray() && offsets.size() > 1 && shape.length == 1;
        for (int i = 0; i < offsets.size() && right; i++) {
            starts[i] = offsets.get(i).asInt(-1);
            right = i == 0 ? starts[i] == 0 : starts[i] >= starts[i - 1];
        }
        if (!right || starts[starts.length - 1] != shape[0]) {
            throw RequestException.bad(
                    called + ": found offsets that are not in order, expected a list that begins with 0,"
                            + " never falls and ends with the number of elements, and a shape of one dimension");
        }
        return starts;
    }

    private static int candidates(int count) {
        if (count > MOST_CANDIDATES) {
            throw RequestException.bad("found " + count + " candidates, expected at most " + MOST_CANDIDATES);
        }
        return count;
    }

    /**
     * The candidates, as a model wants them.
     *
     * @throws RequestException when the tensors are not the model's features
     */
    List<FeatureValues> candidates(FeatureSchema schema) {
        Map<String, Tensor> byName = new HashMap<>();
        int count = 1;
        for (Tensor tensor : inputs) {
            byName.put(tensor.name(), tensor);
            if (tensor.rows() != 1) {
                count = tensor.rows();
            }
        }
        for (Tensor tensor : inputs) {
            if (!schema.idNames().contains(tensor.name())
                    && !schema.numberNames().contains(tensor.name())) {
                throw RequestException.bad("inputs: found '" + tensor.name() + "', expected some of the ids "
                        + schema.idNames() + " and all of the numbers " + schema.numberNames());
            }
            if (tensor.rows() != 1 && tensor.rows() != count) {
                throw RequestException.bad("input '" + tensor.name() + "': found " + tensor.rows()
                        + " candidates, expected as many as others have, " + count + ", or 1 for all of them");
            }
        }
        String[][][] ids = new String[count][schema.idNames().size()][];
        float[][] numbers = new float[count][schema.numberNames().size()];
        for (int slot = 0; slot < schema.idNames().size(); slot++) {
            fillIds(byName.get(schema.idNames().get(slot)), slot, ids);
        }
        for (int slot = 0; slot < schema.numberNames().size(); slot++) {
            String name = schema.numberNames().get(slot);
            Tensor tensor = byName.get(name);
            if (tensor == null) {
                throw RequestException.bad(
                        "inputs: found no '" + name + "', expected every number of the model: " + schema.numberNames());
            }
            fillNumbers(tensor, slot, numbers);
        }
        List<FeatureValues> candidates = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            candidates.add(new FeatureValues(ids[i], numbers[i]));
        }
        return candidates;
    }

    private static void fillIds(@Nullable Tensor tensor, int slot, String[][][] into) {
        String[] shared = tensor == null ? NO_IDS : tensor.rows() == 1 ? ids(tensor, 0) : null;
        for (int i = 0; i < into.length; i++) {
            into[i][slot] = shared == null && tensor != null ? ids(tensor, i) : shared;
        }
    }

    private static String[] ids(Tensor tensor, int row) {
        if (!tensor.datatype().equals(BYTES) && !WHOLE.contains(tensor.datatype())) {
            throw RequestException.bad("input '" + tensor.name() + "': found datatype " + tensor.datatype()
                    + ", expected BYTES, or whole numbers: it holds ids");
        }
        List<String> ids = new ArrayList<>(tensor.starts()[row + 1] - tensor.starts()[row]);
        for (int i = tensor.starts()[row]; i < tensor.starts()[row + 1]; i++) {
            JsonNode element = tensor.data().get(i);
            if (tensor.datatype().equals(BYTES) ? !element.isTextual() : !element.isIntegralNumber()) {
                throw RequestException.bad("input '" + tensor.name() + "', element " + i + ": found " + element
                        + ", expected " + (tensor.datatype().equals(BYTES) ? "a text" : "a whole number"));
            }
            // A row of a rectangle is filled up with empty texts; an id is never empty.
            if (!element.asText().isEmpty()) {
                ids.add(element.asText());
            }
        }
        return ids.toArray(NO_IDS);
    }

    private static void fillNumbers(Tensor tensor, int slot, float[][] into) {
        if (!REAL.contains(tensor.datatype()) && !WHOLE.contains(tensor.datatype())) {
            throw RequestException.bad("input '" + tensor.name() + "': found datatype " + tensor.datatype()
                    + ", expected FP32: it holds numbers");
        }
        if (tensor.data().size() != tensor.rows()) {
            throw RequestException.bad(
                    "input '" + tensor.name() + "': found " + tensor.data().size() + " elements for " + tensor.rows()
                            + " candidates, expected one number for each");
        }
        for (int i = 0; i < into.length; i++) {
            int at = tensor.rows() == 1 ? 0 : i;
            JsonNode element = tensor.data().get(at);
            float number = element.floatValue();
            if (!element.isNumber() || !Float.isFinite(number)) {
                throw RequestException.bad("input '" + tensor.name() + "', element " + at + ": found " + element
                        + ", expected a finite number");
            }
            into[i][slot] = number;
        }
    }
}
