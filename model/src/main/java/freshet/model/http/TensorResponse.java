package freshet.model.http;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import freshet.model.serve.LiveRanker;
import freshet.model.spec.ModelSpec;
import freshet.model.spec.TaskSpec;
import freshet.serde.wire.Decimals;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the protocol's endpoints answer, as JSON. Pure functions. */
final class TensorResponse {
    /** The tensor of fused scores. */
    static final String SCORE = "score";

    private static final ObjectMapper JSON = new ObjectMapper();

    private TensorResponse() {}

    /** {@code GET /v2}. */
    static String server(String version) {
        ObjectNode root = JSON.createObjectNode().put("name", "freshet").put("version", version);
        root.putArray("extensions");
        return root.toString();
    }

    /**
     * {@code GET /v2/models/NAME}: a tensor for each feature and each task.
     *
     * @param hasScore whether requests get a fused score
     */
    static String model(String name, List<String> versions, ModelSpec spec, boolean hasScore) {
        ObjectNode root = JSON.createObjectNode().put("name", name);
        ArrayNode list = root.putArray("versions");
        versions.forEach(list::add);
        root.put("platform", "freshet_snapshot");
        ArrayNode inputs = root.putArray("inputs");
        spec.schema().idNames().forEach(id -> tensor(inputs, id, "BYTES", -1, -1));
        spec.schema().numberNames().forEach(number -> tensor(inputs, number, "FP32", -1));
        ArrayNode outputs = root.putArray("outputs");
        spec.tasks().forEach(task -> tensor(outputs, task.name(), "FP32", -1));
        if (hasScore) {
            tensor(outputs, SCORE, "FP64", -1);
        }
        return root.toString();
    }

    private static void tensor(ArrayNode tensors, String name, String datatype, int... shape) {
        ObjectNode tensor = tensors.addObject().put("name", name).put("datatype", datatype);
        ArrayNode dimensions = tensor.putArray("shape");
        for (int dimension : shape) {
            dimensions.add(dimension);
        }
    }

    static String error(String message) {
        return JSON.createObjectNode().put("error", message).toString();
    }

    /**
     * The answer to a request.
     *
     * @param scores fused, one per candidate; null if there are none
     * @throws RequestException when it wants an output that there is not
     */
    static String scores(String name, TensorRequest request, LiveRanker.Scored scored, double @Nullable [] scores) {
        List<TaskSpec> tasks = scored.ranker().spec().tasks();
        requireKnown(request.outputs(), tasks, scores != null);
        StringBuilder json = new StringBuilder(64 + scored.predictions().length * 12);
        json.append("{\"model_name\":").append(quoted(name));
        json.append(",\"model_version\":\"")
                .append(scored.ranker().manifest().version())
                .append('"');
        if (request.id() != null) {
            json.append(",\"id\":").append(quoted(request.id()));
        }
        json.append(",\"outputs\":[");
        boolean first = true;
        for (int task = 0; task < tasks.size(); task++) {
            if (wants(request, tasks.get(task).name())) {
                open(json, tasks.get(task).name(), "FP32", scored.candidates(), first);
                first = false;
                for (int i = 0; i < scored.candidates(); i++) {
                    float prediction = scored.predictions()[i * tasks.size() + task];
                    comma(json, i);
                    Decimals.append(json, finite(prediction, tasks.get(task).name(), i));
                }
                json.append("]}");
            }
        }
        if (scores != null && wants(request, SCORE)) {
            open(json, SCORE, "FP64", scores.length, first);
            for (int i = 0; i < scores.length; i++) {
                finite((float) scores[i], SCORE, i);
                comma(json, i);
                Decimals.append(json, scores[i]);
            }
            json.append("]}");
        }
        return json.append("]}").toString();
    }

    /** JSON has no word for the others. */
    private static float finite(float number, String output, int candidate) {
        if (!Float.isFinite(number)) {
            throw RequestException.bad("output '" + output + "', candidate " + candidate + ": found " + number
                    + " as its value; its numbers are too large for the model");
        }
        return number;
    }

    private static void open(StringBuilder json, String name, String datatype, int count, boolean first) {
        json.append(first ? "" : ",").append("{\"name\":").append(quoted(name));
        json.append(",\"datatype\":\"")
                .append(datatype)
                .append("\",\"shape\":[")
                .append(count);
        json.append("],\"data\":[");
    }

    private static void comma(StringBuilder json, int index) {
        if (index > 0) {
            json.append(',');
        }
    }

    private static boolean wants(TensorRequest request, String output) {
        return request.outputs().isEmpty() || request.outputs().contains(output);
    }

    private static void requireKnown(List<String> outputs, List<TaskSpec> tasks, boolean hasScore) {
        List<String> known = new ArrayList<>(tasks.stream().map(TaskSpec::name).toList());
        if (hasScore) {
            known.add(SCORE);
        }
        for (String output : outputs) {
            if (!known.contains(output)) {
                throw RequestException.bad("outputs: found '" + output + "', expected some of " + known);
            }
        }
    }

    private static String quoted(String text) {
        return '"' + new String(JsonStringEncoder.getInstance().quoteAsString(text)) + '"';
    }
}
