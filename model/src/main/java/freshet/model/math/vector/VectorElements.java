package freshet.model.math.vector;

import freshet.model.math.ElementKernel;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The element loops with the JDK's Vector API: vectors first, single elements for what is
 * left. Only lanewise operations that are exact in their rounding, so the lengths have no say in the bits.
 *
 * <p>Stateless; safe on any thread. Reached by name, as {@link VectorProduct} is.
 */
public final class VectorElements implements ElementKernel {
    private static final VectorSpecies<Float> LANES = Lanes.LONGEST;
    private static final int WIDTH = LANES.length();

    /** Chains of multiply-adds that are under way at once in {@link #multiplyAdds}: twice what the latency asks for. */
    private static final int CHAINS = 16;

    @Override
    public void relu(float[] y, int offset, int stride, int rows, int width) {
        for (int i = 0; i < rows; i++) {
            relu(y, offset + i * stride, offset + i * stride + width);
        }
    }

    private static void relu(float[] y, int from, int to) {
        int j = from;
        for (; j + WIDTH <= to; j += WIDTH) {
            FloatVector.fromArray(LANES, y, j).max(0f).intoArray(y, j);
        }
        for (; j < to; j++) {
            y[j] = Math.max(y[j], 0f);
        }
    }

    @Override
    public void reluBackward(
            float[] y, int yOffset, int yStride, float[] dy, int dyOffset, int dyStride, int rows, int width) {
        for (int i = 0; i < rows; i++) {
            reluBackward(y, yOffset + i * yStride, dy, dyOffset + i * dyStride, width);
        }
    }

    private static void reluBackward(float[] y, int yAt, float[] dy, int dyAt, int width) {
        FloatVector zero = FloatVector.zero(LANES);
        int j = 0;
        for (; j + WIDTH <= width; j += WIDTH) {
            FloatVector open = FloatVector.fromArray(LANES, dy, dyAt + j);
            zero.blend(open, FloatVector.fromArray(LANES, y, yAt + j).compare(VectorOperators.GT, 0f))
                    .intoArray(dy, dyAt + j);
        }
        for (; j < width; j++) {
            dy[dyAt + j] = y[yAt + j] > 0 ? dy[dyAt + j] : 0f;
        }
    }

    @Override
    public void pool(
            float[] rows,
            int width,
            int[] indexes,
            int[] starts,
            int from,
            int to,
            float[] shares,
            float[] into,
            int intoOffset,
            int intoStride) {
        for (int i = from; i < to; i++) {
            int at = intoOffset + i * intoStride;
            int j = 0;
            for (; j + WIDTH <= width; j += WIDTH) {
                poolVector(rows, width, j, indexes, starts[i], starts[i + 1], shares[i], into, at + j);
            }
            for (; j < width; j++) {
                float sum = 0;
                for (int id = starts[i]; id < starts[i + 1]; id++) {
                    sum += rows[indexes[id] * width + j];
                }
                into[at + j] = sum * shares[i];
            }
        }
    }

    private static void poolVector(
            float[] rows, int width, int j, int[] indexes, int from, int to, float share, float[] into, int at) {
        FloatVector sum = FloatVector.zero(LANES);
        for (int id = from; id < to; id++) {
            sum = sum.add(FloatVector.fromArray(LANES, rows, indexes[id] * width + j));
        }
        sum.mul(share).intoArray(into, at);
    }

    @Override
    public void poolBackward(
            float[] gradients,
            int width,
            int[] indexes,
            int[] starts,
            int examples,
            float[] shares,
            float[] dInto,
            int dIntoOffset,
            int dIntoStride) {
        for (int i = 0; i < examples; i++) {
            int from = dIntoOffset + i * dIntoStride;
            for (int id = starts[i]; id < starts[i + 1]; id++) {
                addScaled(shares[i], dInto, from, gradients, indexes[id] * width, width);
            }
        }
    }

    private static void addScaled(float share, float[] from, int fromAt, float[] to, int toAt, int width) {
        int j = 0;
        for (; j + WIDTH <= width; j += WIDTH) {
            FloatVector.fromArray(LANES, from, fromAt + j)
                    .fma(FloatVector.broadcast(LANES, share), FloatVector.fromArray(LANES, to, toAt + j))
                    .intoArray(to, toAt + j);
        }
        for (; j < width; j++) {
            to[toAt + j] = Math.fma(share, from[fromAt + j], to[toAt + j]);
        }
    }

    @Override
    public void adam(
            float[] parameters,
            float[] gradients,
            float[] first,
            float[] second,
            int from,
            int to,
            AdamFactors factors) {
        float scale = factors.scale();
        float keep1 = factors.keep1();
        float keep2 = factors.keep2();
        float rate = factors.rate();
        float rootFactor = factors.rootFactor();
        float epsilon = factors.epsilon();
        float most = factors.most();
        float take1 = 1 - keep1;
        float take2 = 1 - keep2;
        int i = from;
        for (; i + WIDTH <= to; i += WIDTH) {
            FloatVector g = FloatVector.fromArray(LANES, gradients, i).mul(scale);
            FloatVector m = FloatVector.fromArray(LANES, first, i).mul(keep1).add(g.mul(take1));
            FloatVector v = FloatVector.fromArray(LANES, second, i)
                    .mul(keep2)
                    .add(g.mul(take2).mul(g));
            m.intoArray(first, i);
            v.intoArray(second, i);
            FloatVector move = m.mul(rate)
                    .div(v.lanewise(VectorOperators.SQRT).mul(rootFactor).add(epsilon));
            FloatVector.fromArray(LANES, parameters, i)
                    .sub(move.min(most).max(-most))
                    .intoArray(parameters, i);
        }
        for (; i < to; i++) {
            float g = gradients[i] * scale;
            float m = keep1 * first[i] + take1 * g;
            float v = keep2 * second[i] + take2 * g * g;
            first[i] = m;
            second[i] = v;
            float move = rate * m / ((float) Math.sqrt(v) * rootFactor + epsilon);
            parameters[i] -= Math.max(-most, Math.min(most, move));
        }
    }

    @Override
    public void adagrad(
            float[] row,
            int offset,
            int width,
            float[] gradients,
            int gradientOffset,
            float scale,
            float[] rates,
            float rateFactor,
            float epsilon) {
        int i = 0;
        for (; i + WIDTH <= width; i += WIDTH) {
            FloatVector g =
                    FloatVector.fromArray(LANES, gradients, gradientOffset + i).mul(scale);
            FloatVector sum = g.fma(g, FloatVector.fromArray(LANES, row, offset + width + i));
            sum.intoArray(row, offset + width + i);
            FloatVector move = FloatVector.fromArray(LANES, rates, i)
                    .mul(rateFactor)
                    .mul(g)
                    .div(sum.lanewise(VectorOperators.SQRT).add(epsilon));
            FloatVector.fromArray(LANES, row, offset + i).sub(move).intoArray(row, offset + i);
        }
        for (; i < width; i++) {
            float g = gradients[gradientOffset + i] * scale;
            float sum = Math.fma(g, g, row[offset + width + i]);
            row[offset + width + i] = sum;
            row[offset + i] -= rates[i] * rateFactor * g / ((float) Math.sqrt(sum) + epsilon);
        }
    }

    @Override
    public long multiplyAdds(int rounds) {
        FloatVector half = FloatVector.broadcast(LANES, 0.5f);
        FloatVector one = FloatVector.broadcast(LANES, 1f);
        FloatVector s0 = one;
        FloatVector s1 = one;
        FloatVector s2 = one;
        FloatVector s3 = one;
        FloatVector s4 = one;
        FloatVector s5 = one;
        FloatVector s6 = one;
        FloatVector s7 = one;
        FloatVector s8 = one;
        FloatVector s9 = one;
        FloatVector s10 = one;
        FloatVector s11 = one;
        FloatVector s12 = one;
        FloatVector s13 = one;
        FloatVector s14 = one;
        FloatVector s15 = one;
        for (int round = 0; round < rounds; round++) {
            s0 = s0.fma(half, one);
            s1 = s1.fma(half, one);
            s2 = s2.fma(half, one);
            s3 = s3.fma(half, one);
            s4 = s4.fma(half, one);
            s5 = s5.fma(half, one);
            s6 = s6.fma(half, one);
            s7 = s7.fma(half, one);
            s8 = s8.fma(half, one);
            s9 = s9.fma(half, one);
            s10 = s10.fma(half, one);
            s11 = s11.fma(half, one);
            s12 = s12.fma(half, one);
            s13 = s13.fma(half, one);
            s14 = s14.fma(half, one);
            s15 = s15.fma(half, one);
        }
        FloatVector a = s0.add(s1).add(s2).add(s3).add(s4).add(s5).add(s6).add(s7);
        FloatVector b = s8.add(s9).add(s10).add(s11).add(s12).add(s13).add(s14).add(s15);
        return a.add(b).lane(0) < 0 ? 0 : 2L * CHAINS * WIDTH * rounds;
    }
}
