package freshet.features.spec;

/**
 * The shape a number is given before a model sees it: YouTube 2016, section 4.1, feeds x, sqrt(x) and x^2. All are odd
 * functions, so that a negative number keeps its sign, and all give a finite float, the same bits on every machine.
 */
public enum Transform {
    X,
    SQRT,
    SQUARE,
    LOG1P;

    /** The transformed value; 0 for a value that is not a number. */
    public float apply(double x) {
        if (Double.isNaN(x)) {
            return 0f;
        }
        double size = Math.abs(x);
        double shaped = switch (this) {
            case X -> size;
            case SQRT -> Math.sqrt(size);
            case SQUARE -> size * size;
            case LOG1P -> StrictMath.log1p(size);
        };
        float bounded = (float) Math.min(shaped, Float.MAX_VALUE);
        return x < 0 ? -bounded : bounded;
    }
}
