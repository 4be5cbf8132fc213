package freshet.model.spec;

import freshet.serde.config.ConfigNode;
import freshet.serde.example.FeatureSchema;
import java.util.ArrayList;
import java.util.List;

/**
 * Dense features that the network reads as ranks: x in [0, 1], the share of recent examples with a smaller value, and beside it
 * sqrt(x) and x^2, so that the network can bend either way (YouTube 2016, section 4.1).
 *
 * @param slots of the schema's numbers
 * @param intervals of a feature's table: between its {@code intervals + 1} edges the rank is interpolated
 * @param window examples after which the older half of what the table is made from is forgotten
 * @param inputOffset where their inputs begin in the network's input
 */
public record QuantileSpec(List<Integer> slots, int intervals, int window, int inputOffset) {
    /** Inputs that one feature gives: x, sqrt(x) and x^2. */
    public static final int INPUTS = 3;

    public QuantileSpec {
        slots = List.copyOf(slots);
    }

    /** Number of inputs of all features. */
    public int inputWidth() {
        return INPUTS * slots.size();
    }

    /** Edges of one feature's table. */
    public int edges() {
        return intervals + 1;
    }

    /** Reads the block {@code quantiles:}; mistakes are noted on the node. */
    static QuantileSpec read(ConfigNode node, FeatureSchema schema, int inputOffset) {
        List<Integer> slots = new ArrayList<>();
        for (String name : node.strings("numbers")) {
            int slot = schema.numberSlot(name);
            if (slot < 0) {
                node.problem(
                        "numbers",
                        "found '" + name + "', expected number features: " + String.join(", ", schema.numberNames()));
            } else if (slots.contains(slot)) {
                node.problem("numbers", "found '" + name + "' a second time, expected each once");
            } else {
                slots.add(slot);
            }
        }
        return new QuantileSpec(
                slots,
                node.integer("intervals", 32, 2, 1000),
                node.integer("window", 1_000_000, 16, 1_000_000_000),
                inputOffset);
    }
}
