package freshet.model.spec;

import freshet.serde.config.ConfigNode;

/**
 * How the rows of a feature with several ids become one. A feature without ids gives zeros either way.
 *
 * @param kind what the sum of the rows is divided by
 * @param placeDecay what a row weighs relative to the one before it in the list, in (0, 1]; 1 where all weigh the same
 */
public record Pooling(Kind kind, float placeDecay) {
    public static final Pooling MEAN = new Pooling(Kind.MEAN, 1);
    public static final Pooling SUM = new Pooling(Kind.SUM, 1);

    private static final double DEFAULT_PLACE_DECAY = 0.8;

    /** Words of the configuration. */
    public enum Kind {
        MEAN,
        SUM,
        /** A mean in which the k-th row, from 0, weighs {@code placeDecay^k}: for lists that begin with what is newest. */
        WEIGHTED
    }

    /** Reads {@code pooling} and {@code place_decay} of an embedding; mistakes are noted on the node. */
    static Pooling read(ConfigNode node) {
        Kind kind = node.oneOf("pooling", Kind.class, Kind.MEAN);
        if (kind == Kind.WEIGHTED) {
            return new Pooling(kind, (float) node.number("place_decay", DEFAULT_PLACE_DECAY, 0.01, 1));
        }
        if (node.has("place_decay")) {
            node.problem("place_decay", "found without pooling: weighted, expected none");
        }
        return kind == Kind.SUM ? SUM : MEAN;
    }
}
