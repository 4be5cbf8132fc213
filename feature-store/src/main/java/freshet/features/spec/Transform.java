package freshet.features.spec;

/**
 * The shape a number is given before a model sees it: YouTube 2016, section 4.1, feeds x, sqrt(x) and x^2. All but
 * {@link #LOGIT} are odd functions, so that a negative number keeps its sign, and all give a finite float, the same bits on
 * every machine.
 */
public enum Transform {
    X,
    SQRT,
    SQUARE,
    LOG1P,
    /** {@code log(p / (1 - p))} of a share p, kept within one in a million of 0 and 1. */
    LOGIT;

    private static final double EDGE = 1e-6;

    /** The transformed value; 0 for a value that is not a number. */
    public float apply(double x) {
        if (Double.isNaN(x)) {
            return 0f;
        }
        if (this == LOGIT) {
            double share = Math.min(Math.max(x, EDGE), 1 - EDGE);
            return (float) StrictMath.log(share / (1 - share));
        }
        double size = Math.abs(x);
        double shaped = switch (this) {
            case X -> size;
            case SQRT -> Math.sqrt(size);
            case SQUARE -> size * size;
            case LOG1P -> StrictMath.log1p(size);
            case LOGIT -> throw new AssertionError("returned above");
        };
        float bounded = (float) Math.min(shaped, Float.MAX_VALUE);
        return x < 0 ? -bounded : bounded;
    }
}
