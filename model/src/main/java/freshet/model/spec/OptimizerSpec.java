package freshet.model.spec;

/**
 * The update rules and their settings.
 *
 * @param sparse of embedding rows
 * @param wide of wide rows
 * @param shallow of shallow rows
 * @param dense of everything else
 * @param schedule what multiplies every learning rate
 * @param clipNorm the gradient of a batch is scaled down to this Euclidean norm, taken over dense parameters and touched
 *     rows together; 0 for no clipping
 */
public record OptimizerSpec(Rows sparse, Rows wide, Rows shallow, Adam dense, Schedule schedule, float clipNorm) {

    /** The rule for the rows of a table. */
    public sealed interface Rows permits Adagrad, RowwiseAdagrad, Ftrl, Adam {

        /** Number of floats that the rule remembers for a row of so many weights. */
        int slots(int width);
    }

    /**
     * Adagrad per coordinate (Duchi, Hazan, Singer 2011).
     *
     * @param learningRate positive
     * @param initialAccumulator what the sum of squared gradients starts with; not negative
     * @param decay how the sum fades
     * @param rateFloor what learning rate over root of the sum does not fall below; 0 for no floor
     * @param maxUpdate how far one step moves a weight at most; 0 for any distance
     */
    public record Adagrad(float learningRate, float initialAccumulator, Decay decay, float rateFloor, float maxUpdate)
            implements Rows {
        public Adagrad(float learningRate, float initialAccumulator) {
            this(learningRate, initialAccumulator, Decay.NONE, 0, 0);
        }

        @Override
        public int slots(int width) {
            return width + decay.slots();
        }
    }

    /** Adagrad with one sum per row, of the mean over its weights of the squared gradient; settings as {@link Adagrad}. */
    public record RowwiseAdagrad(
            float learningRate, float initialAccumulator, Decay decay, float rateFloor, float maxUpdate)
            implements Rows {

        @Override
        public int slots(int width) {
            return 1 + decay.slots();
        }
    }

    /**
     * FTRL-proximal (McMahan et al. 2013, algorithm 1).
     *
     * @param learningRate alpha, positive
     * @param beta added to the root of the sum of squared gradients; not negative
     * @param l1 weights whose evidence is smaller than this are exactly 0
     * @param l2 pull towards 0
     */
    public record Ftrl(float learningRate, float beta, float l1, float l2) implements Rows {

        @Override
        public int slots(int width) {
            return 2 * width;
        }
    }

    /**
     * How a sum of squared gradients fades, so that a stream is learnt for years: at each period's end it is multiplied by
     * {@code keep}, never below its initial value (DeepRec's AdagradDecay). A row does so when it is next touched, for all the
     * periods that went by.
     *
     * @param keep in (0, 1]; 1 for no decay
     * @param everySteps length of a period in steps, or 0
     * @param everyMillis length of a period in event time, or 0
     */
    public record Decay(float keep, long everySteps, long everyMillis) {
        public static final Decay NONE = new Decay(1, 0, 0);

        public boolean isNone() {
            return keep == 1;
        }

        int slots() {
            return isNone() ? 0 : 1;
        }
    }

    /**
     * What multiplies every learning rate but FTRL's, which has its own per coordinate: it rises from 0 to 1 over the first
     * steps, then halves with every half-life, down to a floor.
     *
     * @param warmUpSteps 0 for none
     * @param halfLifeSteps 0 for no fall
     * @param floor in [0, 1]
     */
    public record Schedule(long warmUpSteps, long halfLifeSteps, float floor) {
        public static final Schedule CONSTANT = new Schedule(0, 0, 0);

        /** The factor of a step, counted from 1. */
        public float factor(long step) {
            if (step < warmUpSteps) {
                return (float) ((double) step / warmUpSteps);
            }
            if (halfLifeSteps == 0) {
                return 1;
            }
            return Math.max(floor, (float) StrictMath.pow(2, -(double) (step - warmUpSteps) / halfLifeSteps));
        }
    }

    /**
     * Adam (Kingma, Ba 2015, algorithm 1).
     *
     * @param learningRate positive
     * @param beta1 decay of the first moment, in [0, 1)
     * @param beta2 decay of the second moment, in [0, 1)
     * @param epsilon added to the root of the second moment; positive
     * @param maxUpdate how far one step moves a parameter at most; 0 for any distance
     */
    public record Adam(float learningRate, float beta1, float beta2, float epsilon, float maxUpdate) implements Rows {
        public Adam(float learningRate, float beta1, float beta2, float epsilon) {
            this(learningRate, beta1, beta2, epsilon, 0);
        }

        @Override
        public int slots(int width) {
            return 2 * width;
        }
    }
}
