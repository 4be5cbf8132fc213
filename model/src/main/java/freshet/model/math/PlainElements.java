package freshet.model.math;

/** The loops as they stand in {@link ElementKernel}, one element after the other. Stateless; safe on any thread. */
final class PlainElements implements ElementKernel {
    private static final int REGISTERS = 8;

    @Override
    public void relu(float[] y, int offset, int stride, int rows, int width) {
        for (int i = 0; i < rows; i++) {
            int end = offset + i * stride + width;
            for (int j = offset + i * stride; j < end; j++) {
                y[j] = Math.max(y[j], 0f);
            }
        }
    }

    @Override
    public void reluBackward(
            float[] y, int yOffset, int yStride, float[] dy, int dyOffset, int dyStride, int rows, int width) {
        for (int i = 0; i < rows; i++) {
            int from = dyOffset + i * dyStride;
            int at = yOffset + i * yStride;
            for (int j = 0; j < width; j++) {
                dy[from + j] = y[at + j] > 0 ? dy[from + j] : 0f;
            }
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
            float share = shares[i];
            for (int j = 0; j < width; j++) {
                float sum = 0;
                for (int id = starts[i]; id < starts[i + 1]; id++) {
                    sum += rows[indexes[id] * width + j];
                }
                into[at + j] = sum * share;
            }
        }
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
            float share = shares[i];
            for (int id = starts[i]; id < starts[i + 1]; id++) {
                int row = indexes[id] * width;
                for (int j = 0; j < width; j++) {
                    gradients[row + j] = Math.fma(share, dInto[from + j], gradients[row + j]);
                }
            }
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
        float take1 = 1 - factors.keep1();
        float take2 = 1 - factors.keep2();
        for (int i = from; i < to; i++) {
            float g = gradients[i] * factors.scale();
            float m = factors.keep1() * first[i] + take1 * g;
            float v = factors.keep2() * second[i] + take2 * g * g;
            first[i] = m;
            second[i] = v;
            float move = factors.rate() * m / ((float) Math.sqrt(v) * factors.rootFactor() + factors.epsilon());
            parameters[i] -= Math.max(-factors.most(), Math.min(factors.most(), move));
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
        for (int i = 0; i < width; i++) {
            float g = gradients[gradientOffset + i] * scale;
            float sum = Math.fma(g, g, row[offset + width + i]);
            row[offset + width + i] = sum;
            row[offset + i] -= rates[i] * rateFactor * g / ((float) Math.sqrt(sum) + epsilon);
        }
    }

    @Override
    public long multiplyAdds(int rounds) {
        float[] sums = new float[REGISTERS];
        for (int round = 0; round < rounds; round++) {
            for (int register = 0; register < REGISTERS; register++) {
                sums[register] = Math.fma(sums[register], 0.5f, 1f);
            }
        }
        float sum = 0;
        for (float one : sums) {
            sum += one;
        }
        return sum < 0 ? 0 : 2L * REGISTERS * rounds;
    }
}
