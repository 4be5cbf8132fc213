package freshet.model.learn;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * All a learner remembers except its rows. Saved as, little-endian:
 *
 * <pre>
 * int     magic "FRD1"
 * int     number of parameters, with gaps
 * int     number of tasks
 * long    steps learnt
 * long    examples refused
 * long    batches refused for their gradient
 * float[] parameters, then Adam's first moments, then its second moments
 * float[] global rates [tasks, 2]
 * </pre>
 *
 * One thread.
 */
final class DenseState {
    private static final int MAGIC = 'F' | 'R' << 8 | 'D' << 16 | '1' << 24;
    private static final int HEADER_BYTES = 3 * Integer.BYTES + 3 * Long.BYTES;

    private final int tasks;
    private final float[] parameters;
    private final float[] firstMoments;
    private final float[] secondMoments;
    private final float[] globalRates;
    private long steps;
    private long refusedExamples;
    private long refusedGradients;

    /** @param parameters kept, not copied */
    DenseState(float[] parameters, int tasks) {
        this.tasks = tasks;
        this.parameters = parameters;
        firstMoments = new float[parameters.length];
        secondMoments = new float[parameters.length];
        globalRates = new float[2 * tasks];
    }

    float[] parameters() {
        return parameters;
    }

    float[] firstMoments() {
        return firstMoments;
    }

    float[] secondMoments() {
        return secondMoments;
    }

    /** {@code [tasks, 2]}: count and sum of labels. */
    float[] globalRates() {
        return globalRates;
    }

    long steps() {
        return steps;
    }

    void countStep() {
        steps++;
    }

    long refusedExamples() {
        return refusedExamples;
    }

    void countRefusedExamples(int count) {
        refusedExamples += count;
    }

    long refusedGradients() {
        return refusedGradients;
    }

    void countRefusedGradient() {
        refusedGradients++;
    }

    /**
     * Takes over parameters and rates of an earlier time. First moments, the direction that later parameters were moving in, begin
     * at 0; second moments, the size of gradients, stay where they are finite.
     */
    void rollBack(float[] earlierParameters, float[] earlierRates) {
        System.arraycopy(earlierParameters, 0, parameters, 0, parameters.length);
        System.arraycopy(earlierRates, 0, globalRates, 0, globalRates.length);
        Arrays.fill(firstMoments, 0f);
        for (int i = 0; i < secondMoments.length; i++) {
            if (!Float.isFinite(secondMoments[i])) {
                secondMoments[i] = 0;
            }
        }
    }

    /** How long {@link #save} is. */
    int savedBytes() {
        return HEADER_BYTES + (3 * parameters.length + globalRates.length) * Float.BYTES;
    }

    byte[] save() {
        ByteBuffer out = ByteBuffer.allocate(savedBytes()).order(ByteOrder.LITTLE_ENDIAN);
        out.putInt(MAGIC).putInt(parameters.length).putInt(tasks);
        out.putLong(steps).putLong(refusedExamples).putLong(refusedGradients);
        out.asFloatBuffer().put(parameters).put(firstMoments).put(secondMoments).put(globalRates);
        return out.array();
    }

    void restore(byte[] saved) {
        ByteBuffer in = ByteBuffer.wrap(saved).order(ByteOrder.LITTLE_ENDIAN);
        if (saved.length != savedBytes()
                || in.getInt() != MAGIC
                || in.getInt() != parameters.length
                || in.getInt() != tasks) {
            throw new IllegalArgumentException("restoring a learner: found " + saved.length + " bytes, expected "
                    + savedBytes() + " that begin with FRD1, " + parameters.length
                    + " parameters and " + tasks + " tasks; the saved state belongs to another model");
        }
        steps = in.getLong();
        refusedExamples = in.getLong();
        refusedGradients = in.getLong();
        in.asFloatBuffer().get(parameters).get(firstMoments).get(secondMoments).get(globalRates);
    }
}
