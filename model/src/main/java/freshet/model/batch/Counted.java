package freshet.model.batch;

import freshet.model.layer.NamedTensor;
import freshet.model.quantile.RankTables;
import freshet.model.spec.ModelSpec;
import java.util.ArrayList;
import java.util.List;

/**
 * What a model learns otherwise than by its gradient and needs for scoring, besides rows.
 *
 * @param globalRates {@code [tasks, 2]}: count and sum of the labels of each task
 * @param rankTables {@code [features, edges]}: see {@link RankTables}; empty where no number is read as a rank
 * @param calibration {@code [tasks, 2]}: slope and offset of each task's logit; empty where no task is calibrated
 */
public record Counted(float[] globalRates, float[] rankTables, float[] calibration) {
    /** The tensor of {@link #globalRates}. */
    public static final String GLOBAL_RATES = "rates.global";

    /** The tensor of {@link #rankTables}. */
    public static final String RANK_TABLES = "quantiles.edges";

    /** The tensor of {@link #calibration}. */
    public static final String CALIBRATION = "calibration";

    /** Takes them out of a model's tensors. */
    public static Counted of(ModelSpec spec, List<NamedTensor> tensors) {
        return new Counted(
                values(tensors, GLOBAL_RATES, 2 * spec.taskCount()),
                spec.quantiles().slots().isEmpty()
                        ? new float[0]
                        : values(tensors, RANK_TABLES, RankTables.floats(spec.quantiles())),
                spec.isCalibrated() ? values(tensors, CALIBRATION, 2 * spec.taskCount()) : new float[0]);
    }

    private static float[] values(List<NamedTensor> tensors, String name, int count) {
        for (NamedTensor tensor : tensors) {
            if (tensor.name().equals(name) && tensor.values().length == count) {
                return tensor.values();
            }
        }
        throw new IllegalArgumentException("reading parameters: expected a tensor '" + name + "' of " + count
                + " numbers and found none; the tensors belong to another model");
    }

    /** Copies of them as tensors. */
    public List<NamedTensor> tensors(ModelSpec spec) {
        List<NamedTensor> tensors = new ArrayList<>();
        tensors.add(new NamedTensor(GLOBAL_RATES, List.of(spec.taskCount(), 2), globalRates.clone()));
        if (rankTables.length > 0) {
            List<Integer> shape =
                    List.of(spec.quantiles().slots().size(), spec.quantiles().edges());
            tensors.add(new NamedTensor(RANK_TABLES, shape, rankTables.clone()));
        }
        if (calibration.length > 0) {
            tensors.add(new NamedTensor(CALIBRATION, List.of(spec.taskCount(), 2), calibration.clone()));
        }
        return tensors;
    }
}
