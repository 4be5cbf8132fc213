package freshet.model.quantile;

import freshet.model.spec.QuantileSpec;

/**
 * Ranks by tables of edges: {@code float[features][edges]}, feature by feature, ascending. A table that was never filled is all 0:
 * then 0 has the rank 1/2, what is below 0 and what is above 1.
 */
public final class RankTables {
    private RankTables() {}

    /** Length of the tables of all features. */
    public static int floats(QuantileSpec spec) {
        return spec.slots().size() * spec.edges();
    }

    /**
     * The share of values that are smaller, interpolated between edges; a value that several edges are equal to stands in the
     * middle of them.
     *
     * @param from where the feature's table begins
     * @param value any; NaN has the rank 1
     * @return in [0, 1]
     */
    public static float rank(float[] tables, int from, int intervals, float value) {
        int edges = intervals + 1;
        int notBelow = first(tables, from, edges, value, false);
        int above = first(tables, from, edges, value, true);
        if (notBelow < above) {
            return (notBelow + above - 1) * 0.5f / intervals;
        }
        if (above == 0 || above == edges) {
            return above == 0 ? 0f : 1f;
        }
        float low = tables[from + above - 1];
        float high = tables[from + above];
        return (above - 1 + (value - low) / (high - low)) / intervals;
    }

    /** The first edge that is greater than the value or, unless {@code strictly}, equal to it. */
    private static int first(float[] tables, int from, int edges, float value, boolean strictly) {
        int low = 0;
        int high = edges;
        while (low < high) {
            int middle = (low + high) >>> 1;
            float edge = tables[from + middle];
            if (edge > value || !strictly && edge == value) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    /** The inputs of one value: {@code [x, sqrt(x), x^2]} from {@code at} on. */
    public static void inputs(float rank, float[] into, int at) {
        into[at] = rank;
        into[at + 1] = (float) Math.sqrt(rank);
        into[at + 2] = rank * rank;
    }
}
