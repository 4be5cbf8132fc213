package freshet.jobs.local;

import freshet.jobs.report.TruthComparison;
import freshet.jobs.sim.ListRanker;
import freshet.jobs.sim.RankOrder;
import freshet.jobs.sim.Truth;
import freshet.serde.event.Event;
import freshet.serde.event.Feedback;
import freshet.serde.event.Impression;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Holds what servers predicted against what really governed the viewers. Remembers every impression of the run. One thread.
 */
final class DemoScore {
    /** A click comes within a minute and arrives within another half: younger impressions are not judged. */
    private static final long RIPE_AFTER_MILLIS = 90_000;

    private record Shown(long atMillis, float score, Truth truth) {}

    private final Map<String, Truth> truths = new HashMap<>();
    private final Map<String, Shown> ranked = new HashMap<>();
    private final Set<String> clicked = new HashSet<>();
    private long newestMillis;

    void truth(Truth truth) {
        truths.put(truth.impressionId(), truth);
    }

    void arrives(Event event) {
        newestMillis = Math.max(newestMillis, event.eventTimeMillis());
        if (event instanceof Impression impression) {
            Truth truth = truths.remove(impression.impressionId()); // null when it arrives a second time
            Float score = impression.scores().get(ListRanker.SCORE);
            if (truth != null && score != null) {
                ranked.put(impression.impressionId(), new Shown(impression.eventTimeMillis(), score, truth));
            }
        } else if (event instanceof Feedback feedback
                && feedback.kind().equals("click")
                && feedback.impressionId() != null) {
            clicked.add(feedback.impressionId());
        }
    }

    /** The true click rate of what was shown in random order in the second half of the models' time; NaN without. */
    double clickRateExplored() {
        return clickRate(Truth::explored);
    }

    /** The same of what a model chose. */
    double clickRateRanked() {
        return clickRate(truth -> !truth.explored());
    }

    private double clickRate(Predicate<Truth> which) {
        return judged().stream()
                .map(Shown::truth)
                .filter(which)
                .mapToDouble(Truth::click)
                .average()
                .orElse(Double.NaN);
    }

    /** The comparison over the second half of the time in which a model ranked. */
    TruthComparison compare(List<TruthComparison.PositionBias> positions) {
        RankOrder served = new RankOrder();
        RankOrder bestServed = new RankOrder();
        RankOrder best = new RankOrder();
        for (Shown shown : judged()) {
            boolean isClicked = clicked.contains(shown.truth.impressionId());
            double click = shown.truth.click();
            served.add(shown.score, isClicked);
            bestServed.add(StrictMath.log(click / (1 - click)) - shown.truth.positionEffect(), isClicked);
            best.add(click, isClicked);
        }
        return new TruthComparison(served.auc(), bestServed.auc(), best.auc(), served.count(), positions);
    }

    private List<Shown> judged() {
        long first = ranked.values().stream().mapToLong(Shown::atMillis).min().orElse(0);
        long last = newestMillis - RIPE_AFTER_MILLIS;
        long middle = first + (last - first) / 2;
        return ranked.values().stream()
                .filter(shown -> shown.atMillis >= middle && shown.atMillis <= last)
                .toList();
    }
}
