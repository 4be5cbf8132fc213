package freshet.model.serve;

import freshet.model.spec.ModelSpec;
import freshet.model.spec.TaskSpec;
import freshet.serde.config.ConfigNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The fused scores that a server has, by the name of the kind of request they are for. Read from the configuration's block
 * {@code fusion:}. Immutable; safe on any thread.
 *
 * <pre>
 * fusion:
 *   default: feed                     # for requests that name none; not needed where there is one profile
 *   profiles:
 *     - name: feed
 *       kind: product                 # or weighted_sum
 *       terms:
 *         - {task: click, alpha: 0.01, beta: 1, weight: 1}
 * </pre>
 *
 * @param byDefault the profile of requests that name none; null when there are no profiles
 * @param profiles by name
 */
public record FusionProfiles(@Nullable String byDefault, SortedMap<String, FusedScore> profiles) {

    /** No fused score. */
    public static final FusionProfiles NONE = new FusionProfiles(null, new TreeMap<>());

    private static final double MOST = 1e6;

    public FusionProfiles {
        profiles = Collections.unmodifiableSortedMap(new TreeMap<>(profiles));
    }

    /**
     * Reads the block; mistakes are noted in the node.
     *
     * @param tasks of the model, which the terms have to be among
     */
    public static FusionProfiles read(ConfigNode fusion, List<TaskSpec> tasks) {
        List<String> names = tasks.stream().map(TaskSpec::name).toList();
        SortedMap<String, FusedScore> profiles = new TreeMap<>();
        for (ConfigNode profile : fusion.children("profiles")) {
            String name = profile.string("name");
            if (profiles.put(name, score(profile, names)) != null) {
                profile.problem("name", "found '" + name + "' twice, expected a name for each profile");
            }
        }
        String only = profiles.size() == 1 ? profiles.firstKey() : null;
        String byDefault = fusion.string("default", only);
        if (!profiles.isEmpty() && byDefault == null) {
            fusion.problem("default", "missing; expected one of " + profiles.keySet());
        } else if (byDefault != null && !profiles.containsKey(byDefault)) {
            fusion.problem("default", "found '" + byDefault + "', expected one of " + profiles.keySet());
        }
        return new FusionProfiles(byDefault, profiles);
    }

    private static FusedScore score(ConfigNode profile, List<String> tasks) {
        List<FusedScore.Term> terms = new ArrayList<>();
        for (ConfigNode term : profile.children("terms")) {
            String task = term.string("task");
            if (!task.isEmpty() && !tasks.contains(task)) {
                term.problem("task", "found '" + task + "', expected one of " + tasks);
            }
            terms.add(new FusedScore.Term(
                    task,
                    term.number("alpha", 0, -MOST, MOST),
                    term.number("beta", 1, -MOST, MOST),
                    term.number("weight", 1, -MOST, MOST)));
        }
        if (terms.isEmpty()) {
            profile.problem("terms", "found none, expected at least one task");
        }
        return new FusedScore(profile.oneOf("kind", FusedScore.Kind.class, FusedScore.Kind.PRODUCT), terms);
    }

    /**
     * The fused score for a request.
     *
     * @param name of the profile; null for the default
     * @return null when there are no profiles and none was asked for
     * @throws IllegalArgumentException when there is no profile of that name
     */
    public @Nullable FusedScore choose(@Nullable String name) {
        String chosen = name == null ? byDefault : name;
        if (chosen == null) {
            return null;
        }
        FusedScore score = profiles.get(chosen);
        if (score == null) {
            throw new IllegalArgumentException("found the fusion profile '" + chosen + "', expected "
                    + (profiles.isEmpty() ? "none: this server has no profiles" : "one of " + profiles.keySet()));
        }
        return score;
    }

    /**
     * The fused scores of what a ranker predicted.
     *
     * @param name of the profile; null for the default
     * @param spec of the ranker
     * @param predictions {@code [candidates][tasks]}
     * @param candidates how many
     * @return {@code [candidates]}; null when there are no profiles and none was asked for
     */
    public double @Nullable [] fuse(@Nullable String name, ModelSpec spec, float[] predictions, int candidates) {
        FusedScore score = choose(name);
        if (score == null) {
            return null;
        }
        double[] scores = new double[candidates];
        score.fuse(spec, predictions, scores);
        return scores;
    }
}
