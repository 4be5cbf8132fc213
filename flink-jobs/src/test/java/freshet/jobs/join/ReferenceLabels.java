package freshet.jobs.join;

import freshet.serde.event.Feedback;
import freshet.serde.event.Impression;
import freshet.serde.example.TaskLabel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** The labels of one impression, slow and obvious: all that answers it at once, and plain loops. */
final class ReferenceLabels {
    /** By the time after the impression at which they are decided. */
    final SortedMap<Long, List<TaskLabel>> byDelay = new TreeMap<>();

    private final JoinSpec spec;
    private final Ledger ledger;

    /** Feedback to an impression, so long after it; 0 if it waited for it. */
    record Answer(Feedback feedback, long delay) {}

    /** @param all the answers, in the order of the stream */
    ReferenceLabels(JoinSpec spec, Impression shown, List<Answer> all, Ledger ledger) {
        this.spec = spec;
        this.ledger = ledger;
        Map<String, Long> positive = new HashMap<>();
        Set<Answer> used = new HashSet<>();
        for (int t = 0; t < spec.tasks().size(); t++) {
            TaskRule task = spec.tasks().get(t);
            LabelRule rule = task.label();
            List<Answer> asked = all.stream()
                    .filter(a -> a.feedback.kind().equals(rule.kind()))
                    .toList();
            List<Answer> inTime = until(task.horizonMillis(), asked);
            used.addAll(inTime);
            boolean byDuration = rule.divisor() == LabelRule.Divisor.VIDEO_DURATION
                    || steps(rule).size() > 1;
            if (byDuration && shown.videoDurationMillis() == 0) {
                count("TASK_MASKED_DURATION_UNKNOWN", t);
                continue;
            } else if (task.given() != null && !positive.containsKey(task.given())) {
                count("TASK_MASKED_GIVEN", t);
                continue;
            }
            float label = value(rule, inTime, shown);
            long settled = task.horizonMillis();
            boolean canSettle = task.decide() == TaskRule.Decide.EARLY
                    && rule.aggregate() != LabelRule.Aggregate.LAST
                    && rule.isBinary();
            for (Answer answer : inTime) {
                settled = canSettle && answer.delay < settled && value(rule, until(answer.delay, inTime), shown) == 1
                        ? answer.delay
                        : settled;
            }
            long decided = Math.max(settled, positive.getOrDefault(task.given(), 0L));
            boolean kept = label > 0 || task.negatives().keeps(task.name(), shown.userId(), shown.impressionId());
            float weight = label > 0 ? 1 : task.negatives().weight();
            count(kept ? "TASK_LABELLED" : "TASK_SAMPLED_OUT", t);
            if (kept) {
                float rate = label > 0 ? 1 : (float) task.negatives().keep();
                byDelay.computeIfAbsent(decided, any -> new ArrayList<>())
                        .add(new TaskLabel(task.name(), label, weight, rate, 0));
            }
            if (label > 0) {
                positive.put(task.name(), decided);
                count("TASK_POSITIVE", t);
                continue;
            }
            List<Answer> late = until(task.openMillis(), asked).stream()
                    .filter(a -> a.delay > task.horizonMillis() && a.delay > decided)
                    .toList();
            long corrected = Long.MAX_VALUE;
            for (Answer answer : late) {
                List<Answer> soFar = new ArrayList<>(inTime);
                soFar.addAll(until(answer.delay, late));
                corrected = answer.delay < corrected && value(rule, soFar, shown) > 0 ? answer.delay : corrected;
            }
            used.addAll(until(corrected, late));
            if (corrected < Long.MAX_VALUE) {
                count("TASK_CORRECTED", t);
                byDelay.computeIfAbsent(corrected, any -> new ArrayList<>())
                        .add(new TaskLabel(task.name(), 1, 1, 1, kept ? weight : 0));
            }
        }
        all.forEach(answer -> count(outcome(answer, used), -1));
    }

    private String outcome(Answer answer, Set<Answer> used) {
        return used.contains(answer)
                ? "FEEDBACK_USED"
                : asksFor(spec, answer.feedback) ? "FEEDBACK_AFTER_HORIZON" : "FEEDBACK_NOT_ASKED";
    }

    /** Whether a task asks for feedback of this kind. */
    static boolean asksFor(JoinSpec spec, Feedback feedback) {
        return spec.tasks().stream().anyMatch(task -> task.label().kind().equals(feedback.kind()));
    }

    private static List<Answer> until(long delay, List<Answer> answers) {
        return answers.stream().filter(answer -> answer.delay <= delay).toList();
    }

    private static List<Threshold.Step> steps(LabelRule rule) {
        return rule.atLeast().map(Threshold::steps).orElse(List.of());
    }

    private static float value(LabelRule rule, List<Answer> answers, Impression shown) {
        List<Double> values =
                answers.stream().map(answer -> answer.feedback.value()).toList();
        double folded = switch (rule.aggregate()) {
            case ANY, MAX -> values.stream().reduce(0.0, Math::max);
            case SUM -> values.stream().filter(v -> v > 0).reduce(0.0, Double::sum);
            case LAST -> values.isEmpty() ? 0 : values.get(values.size() - 1);
            case COUNT -> values.stream().filter(v -> v > 0).count();
        };
        double measured = folded
                / switch (rule.divisor()) {
                    case ONE -> 1.0;
                    case SECOND -> 1000.0;
                    case VIDEO_DURATION -> shown.videoDurationMillis();
                };
        for (Threshold.Step step : steps(rule)) {
            if (shown.videoDurationMillis() < step.shorterThanMillis()) {
                return measured >= step.atLeast() ? 1f : 0f;
            }
        }
        return rule.aggregate() == LabelRule.Aggregate.ANY
                ? (folded > 0 ? 1f : 0f)
                : rule.transform().apply(measured);
    }

    private void count(String line, int task) {
        ledger.add(LedgerLine.valueOf(line), task, 1);
    }
}
