package freshet.jobs.join;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Every {@link StateShape} that a job's state was ever written under, oldest first; the last is that of the configuration. A
 * user's state bears the number of its own, and is brought to the last when it is next worked on: so a job can start at once
 * with a changed configuration, however many users it has. Immutable.
 */
final class StateShapes {
    private static final ObjectMapper JSON = JsonMapper.builder().build();

    private final List<StateShape> shapes;

    StateShapes(List<StateShape> shapes) {
        this.shapes = List.copyOf(shapes);
    }

    /**
     * The shapes of a job that goes on with state of another configuration, or of the same one.
     *
     * @throws IllegalStateException when the state cannot be used under the configuration
     */
    StateShapes continuedAs(StateShape configured) {
        StateShape last = shapes.get(shapes.size() - 1);
        if (last.equals(configured)) {
            return this;
        }
        List<String> obstacles = last.obstaclesTo(configured);
        if (!obstacles.isEmpty()) {
            throw new IllegalStateException(
                    "restoring the join: the state was written under another configuration, which"
                            + " this one cannot go on from. Go on with the old one, change what is named here, or start without"
                            + " state:\n  " + String.join("\n  ", obstacles));
        }
        List<StateShape> more = new ArrayList<>(shapes);
        more.add(configured);
        return new StateShapes(more);
    }

    /** The number of the shape that state is written in now. */
    int current() {
        return shapes.size() - 1;
    }

    /** Where the slots of the current shape are found in state of an earlier one. */
    ShapeChange changeFrom(int shape) {
        if (shape < 0 || shape > current()) {
            throw new IllegalStateException("restoring a user: found state of shape " + shape + ", expected 0 to "
                    + current() + "; the state is damaged");
        }
        return ShapeChange.between(shapes.get(shape), shapes.get(current()));
    }

    /** As UTF-8 JSON. */
    byte[] encode() {
        ArrayNode all = JSON.createArrayNode();
        shapes.forEach(shape -> all.add(shape.toJson()));
        return all.toString().getBytes(StandardCharsets.UTF_8);
    }

    static StateShapes decode(byte[] bytes) {
        try {
            List<StateShape> shapes = new ArrayList<>();
            for (JsonNode one : JSON.readTree(bytes)) {
                shapes.add(StateShape.fromJson(one));
            }
            return new StateShapes(shapes);
        } catch (IOException e) {
            throw new IllegalStateException(
                    "restoring the join: found shapes that are not JSON; the state is damaged", e);
        }
    }
}
