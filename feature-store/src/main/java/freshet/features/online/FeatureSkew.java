package freshet.features.online;

import freshet.serde.example.FeatureSchema;
import freshet.serde.example.FeatureValues;
import freshet.serde.wire.Decimals;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * How far the features that a server computed are from those that the trainer got, per feature: the measure of the promise that
 * both sides are the same. Numbers differ when their bits do, lists of ids when they are not the same ids in the same order.
 * Not thread-safe.
 */
public final class FeatureSkew {
    private final FeatureSchema schema;
    private final long[] differingIds;
    private final long[] differingNumbers;
    private final double[] absoluteDifferences;
    private long compared;

    /**
     * One feature.
     *
     * @param feature its name
     * @param compared impressions
     * @param differing impressions for which it was not the same
     * @param meanAbsoluteDifference over all impressions compared; 0 for a list of ids
     */
    public record Line(String feature, long compared, long differing, double meanAbsoluteDifference) {
        /** From 0 to 1. */
        public double shareDiffering() {
            return compared == 0 ? 0 : differing / (double) compared;
        }
    }

    public FeatureSkew(FeatureSchema schema) {
        this.schema = schema;
        differingIds = new long[schema.idNames().size()];
        differingNumbers = new long[schema.numberNames().size()];
        absoluteDifferences = new double[differingNumbers.length];
    }

    /** Compares the features of one impression. */
    public void add(FeatureValues served, FeatureValues trained) {
        compared++;
        for (int slot = 0; slot < differingIds.length; slot++) {
            if (!Arrays.equals(served.ids()[slot], trained.ids()[slot])) {
                differingIds[slot]++;
            }
        }
        for (int slot = 0; slot < differingNumbers.length; slot++) {
            float one = served.numbers()[slot];
            float other = trained.numbers()[slot];
            if (Float.floatToRawIntBits(one) != Float.floatToRawIntBits(other)) {
                differingNumbers[slot]++;
                absoluteDifferences[slot] += Math.abs((double) one - other);
            }
        }
    }

    /** Impressions compared. */
    public long compared() {
        return compared;
    }

    /** Pairs of impression and feature that were not the same. */
    public long differing() {
        return Arrays.stream(differingIds).sum()
                + Arrays.stream(differingNumbers).sum();
    }

    /** Every feature, in the order of the schema: ids, then numbers. */
    public List<Line> lines() {
        List<Line> lines = new ArrayList<>();
        for (int slot = 0; slot < differingIds.length; slot++) {
            lines.add(new Line(schema.idNames().get(slot), compared, differingIds[slot], 0));
        }
        for (int slot = 0; slot < differingNumbers.length; slot++) {
            double mean = compared == 0 ? 0 : absoluteDifferences[slot] / compared;
            lines.add(new Line(schema.numberNames().get(slot), compared, differingNumbers[slot], mean));
        }
        return lines;
    }

    /** One line per feature that differs: name, share differing, mean absolute difference. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (Line line : lines()) {
            if (line.differing() > 0) {
                text.append(line.feature())
                        .append(": differs in ")
                        .append(Decimals.text(line.shareDiffering(), 4))
                        .append(", by ")
                        .append(Decimals.text(line.meanAbsoluteDifference(), 6))
                        .append(" on average\n");
            }
        }
        return text.isEmpty() ? "no difference in " + compared + " impressions" : text.toString();
    }
}
