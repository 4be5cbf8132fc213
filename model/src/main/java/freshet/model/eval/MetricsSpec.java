package freshet.model.eval;

import freshet.serde.config.ConfigNode;
import freshet.serde.example.FeatureSchema;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What is measured beyond the basic metrics.
 *
 * @param intervals whether confidence intervals and the effective sample size are
 * @param users whether pairs within one user are: GAUC and PNR
 * @param cohorts divisions, each of whose groups is measured by itself
 */
public record MetricsSpec(boolean intervals, boolean users, List<CohortSpec> cohorts) {
    /** The basic metrics alone. */
    public static final MetricsSpec BASIC = new MetricsSpec(false, false, List.of());

    private static final int MOST_COHORTS = 8;

    public MetricsSpec {
        cohorts = List.copyOf(cohorts);
    }

    /** Reads the block {@code metrics:}; mistakes are noted on the node. */
    public static MetricsSpec read(ConfigNode node, FeatureSchema schema) {
        List<CohortSpec> cohorts = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (ConfigNode cohort : node.children("cohorts")) {
            CohortSpec read = CohortSpec.read(cohort, schema);
            if (!names.add(read.name())) {
                cohort.problem("name", "found '" + read.name() + "' a second time, expected names of their own");
            }
            cohorts.add(read);
        }
        if (cohorts.size() > MOST_COHORTS) {
            node.problem("cohorts", "found " + cohorts.size() + ", expected " + MOST_COHORTS + " at most");
        }
        return new MetricsSpec(node.flag("intervals", false), node.flag("users", false), cohorts);
    }

    /** The name under which a group's metric stands among its task's: {@code auc@surface=home}. */
    public static String cohortMetric(String metric, CohortSpec cohort, int group) {
        return metric + "@" + cohort.name() + "=" + cohort.groups().get(group);
    }
}
