package freshet.model.loss;

/**
 * The shares of tasks in a common gradient that is as short as possible: {@code min |Σ wₜ gₜ|²} with {@code Σ wₜ = 1} and
 * {@code wₜ >= cₜ} (Désidéri 2012; with lower bounds Lin et al. 2019, PE-LTR, algorithm 2). By the KKT conditions a
 * solution is, for the set of tasks above their bounds, the solution of linear equations, with no smaller slope outside the
 * set; the paper relaxes and projects, here the set is found exactly, task by task (Lawson and Hanson's active set). With
 * doubles, in the order of tasks: a function of its arguments. Immutable; safe on any thread.
 */
public final class ParetoWeights {
    private static final double TINY = 1e-12;

    private ParetoWeights() {}

    /**
     * @param gram {@code [tasks][tasks]}: inner products of the tasks' gradients
     * @param lowerBounds {@code [tasks]}: not negative, summing to 1 at most
     * @return {@code [tasks]}, summing to 1
     */
    public static double[] solve(double[][] gram, double[] lowerBounds) {
        int tasks = gram.length;
        double free = 1;
        for (double bound : lowerBounds) {
            free -= bound;
        }
        // Above the bounds: w = c + v with v >= 0 and sum v = free. Start at the corner of the smallest objective.
        boolean[] inSet = new boolean[tasks];
        double[] v = new double[tasks];
        int best = 0;
        for (int task = 1; task < tasks; task++) {
            if (corner(gram, lowerBounds, free, task) < corner(gram, lowerBounds, free, best)) {
                best = task;
            }
        }
        inSet[best] = true;
        v[best] = Math.max(0, free);
        if (free <= TINY) {
            return sum(lowerBounds, v);
        }
        double scale = TINY;
        for (int task = 0; task < tasks; task++) {
            scale = Math.max(scale, gram[task][task]);
        }
        for (int round = 0; round < 10 * tasks; round++) {
            double[] slopes = times(gram, sum(lowerBounds, v));
            double level = slopes[firstOf(inSet)];
            int entering = -1;
            for (int task = 0; task < tasks; task++) {
                if (!inSet[task]
                        && slopes[task] < level - 1e-9 * scale
                        && (entering < 0 || slopes[task] < slopes[entering])) {
                    entering = task;
                }
            }
            if (entering < 0) {
                break;
            }
            inSet[entering] = true;
            settle(gram, lowerBounds, free, inSet, v, scale);
        }
        return sum(lowerBounds, v);
    }

    /** Moves v to the optimum of the set, dropping tasks that would fall below their bounds on the way. */
    private static void settle(
            double[][] gram, double[] bounds, double free, boolean[] inSet, double[] v, double scale) {
        while (true) {
            double[] target = optimum(gram, bounds, free, inSet, scale);
            double step = 1;
            for (int task = 0; task < v.length; task++) {
                if (inSet[task] && target[task] < 0) {
                    step = Math.min(step, v[task] / (v[task] - target[task]));
                }
            }
            for (int task = 0; task < v.length; task++) {
                v[task] += step * (target[task] - v[task]);
            }
            if (step == 1) {
                return;
            }
            for (int task = 0; task < v.length; task++) {
                if (inSet[task] && v[task] <= TINY) {
                    inSet[task] = false;
                    v[task] = 0;
                }
            }
        }
    }

    /** The best v with zeros outside the set and any sign inside: equal slopes inside, the sum being {@code free}. */
    private static double[] optimum(double[][] gram, double[] bounds, double free, boolean[] inSet, double scale) {
        int tasks = bounds.length;
        double[] fixed = times(gram, bounds);
        // Unknowns: v and the common slope. Tasks outside the set have the row v = 0.
        double[][] rows = new double[tasks + 1][tasks + 2];
        for (int i = 0; i < tasks; i++) {
            if (!inSet[i]) {
                rows[i][i] = 1;
                continue;
            }
            for (int j = 0; j < tasks; j++) {
                rows[i][j] = inSet[j] ? gram[i][j] / scale : 0;
            }
            rows[i][i] += 1e-10; // parallel gradients: the shortest of the equal solutions
            rows[i][tasks] = -1;
            rows[i][tasks + 1] = -fixed[i] / scale;
            rows[tasks][i] = 1;
        }
        rows[tasks][tasks + 1] = free;
        return eliminate(rows);
    }

    /** Gauss with partial pivoting; the matrix is [n][n + 1], the right-hand side its last column. */
    private static double[] eliminate(double[][] rows) {
        int n = rows.length;
        for (int column = 0; column < n; column++) {
            int pivot = column;
            for (int row = column + 1; row < n; row++) {
                if (Math.abs(rows[row][column]) > Math.abs(rows[pivot][column])) {
                    pivot = row;
                }
            }
            double[] swapped = rows[pivot];
            rows[pivot] = rows[column];
            rows[column] = swapped;
            for (int row = column + 1; row < n; row++) {
                double factor = rows[row][column] / rows[column][column];
                for (int k = column; k <= n; k++) {
                    rows[row][k] -= factor * rows[column][k];
                }
            }
        }
        double[] solution = new double[n];
        for (int row = n - 1; row >= 0; row--) {
            double rest = rows[row][n];
            for (int k = row + 1; k < n; k++) {
                rest -= rows[row][k] * solution[k];
            }
            solution[row] = rest / rows[row][row];
        }
        return java.util.Arrays.copyOf(solution, n - 1);
    }

    private static double corner(double[][] gram, double[] bounds, double free, int task) {
        double[] w = bounds.clone();
        w[task] += free;
        double[] slopes = times(gram, w);
        double value = 0;
        for (int i = 0; i < w.length; i++) {
            value += w[i] * slopes[i];
        }
        return value;
    }

    private static double[] times(double[][] gram, double[] w) {
        double[] product = new double[w.length];
        for (int i = 0; i < w.length; i++) {
            for (int j = 0; j < w.length; j++) {
                product[i] += gram[i][j] * w[j];
            }
        }
        return product;
    }

    private static double[] sum(double[] bounds, double[] v) {
        double[] w = new double[v.length];
        for (int task = 0; task < w.length; task++) {
            w[task] = bounds[task] + v[task];
        }
        return w;
    }

    private static int firstOf(boolean[] set) {
        int first = 0;
        while (!set[first]) {
            first++;
        }
        return first;
    }
}
