package freshet.jobs.join;

import freshet.serde.event.Feedback;
import freshet.serde.event.Impression;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The label that one task gives one impression, slow and obvious: all the feedback that answers it at once, and plain loops.
 *
 * @param value of the label
 * @param decidedAt when it is decided
 * @param correctedAt when later feedback of a task with {@code late: correct} makes a negative positive; {@link #NEVER}
 * @param late feedback that was looked at for that
 */
record ReferenceLabel(float value, long decidedAt, long correctedAt, List<Feedback> late) {
    static final long NEVER = Long.MAX_VALUE;

    /** Feedback, and how long after the impression it came. */
    record Answer(Feedback feedback, long delay) {}

    /**
     * Decides it.
     *
     * @param answers to the impression, of any kind, in the order of the stream
     * @param decided when the tasks before this one were decided
     */
    static ReferenceLabel of(TaskRule task, Impression impression, List<Answer> answers, Map<String, Long> decided) {
        List<Answer> asked = answers.stream()
                .filter(a -> a.feedback.kind().equals(task.label().kind()))
                .toList();
        List<Answer> inTime =
                asked.stream().filter(a -> a.delay <= task.horizonMillis()).toList();
        float value = value(task.label(), inTime, impression);
        long givenAt = task.given() == null ? 0 : decided.getOrDefault(task.given(), 0L);
        long at = Math.max(givenAt, impression.eventTimeMillis() + decidedAfter(task, inTime, impression));
        List<Answer> afterwards = asked.stream()
                .filter(a -> value <= 0 && a.delay > task.horizonMillis() && a.delay <= task.openMillis())
                .filter(a -> a.feedback.eventTimeMillis() > at)
                .toList();
        for (int n = 1; n <= afterwards.size(); n++) {
            List<Answer> soFar = new ArrayList<>(inTime);
            soFar.addAll(afterwards.subList(0, n));
            if (value(task.label(), soFar, impression) > 0) {
                long corrected = afterwards.get(n - 1).feedback.eventTimeMillis();
                return new ReferenceLabel(value, at, corrected, lookedAt(afterwards, corrected));
            }
        }
        return new ReferenceLabel(value, at, NEVER, lookedAt(afterwards, NEVER));
    }

    private static List<Feedback> lookedAt(List<Answer> afterwards, long until) {
        return afterwards.stream()
                .map(Answer::feedback)
                .filter(feedback -> feedback.eventTimeMillis() <= until)
                .toList();
    }

    /** The horizon; less where the label is 1 from some answer on, and stays so whatever follows. */
    private static long decidedAfter(TaskRule task, List<Answer> inTime, Impression impression) {
        LabelRule label = task.label();
        boolean canSettle = task.decide() == TaskRule.Decide.EARLY
                && label.aggregate() != LabelRule.Aggregate.LAST
                && label.isBinary();
        for (int n = 1; canSettle && n <= inTime.size(); n++) {
            if (value(label, inTime.subList(0, n), impression) == 1f) {
                return inTime.get(n - 1).delay;
            }
        }
        return task.horizonMillis();
    }

    private static float value(LabelRule rule, List<Answer> answers, Impression impression) {
        List<Double> values = answers.stream().map(a -> a.feedback.value()).toList();
        double folded = switch (rule.aggregate()) {
            case ANY, MAX -> values.stream().reduce(0.0, Math::max);
            case SUM -> values.stream().filter(v -> v > 0).reduce(0.0, Double::sum);
            case LAST -> values.isEmpty() ? 0 : values.get(values.size() - 1);
            case COUNT -> values.stream().filter(v -> v > 0).count();
        };
        double divisor = switch (rule.divisor()) {
            case ONE -> 1;
            case SECOND -> 1000;
            case VIDEO_DURATION -> impression.videoDurationMillis();
        };
        if (rule.atLeast().isPresent()) {
            double atLeast = 0;
            for (Threshold.Step step : rule.atLeast().get().steps()) {
                if (atLeast == 0 && impression.videoDurationMillis() < step.shorterThanMillis()) {
                    atLeast = step.atLeast();
                }
            }
            return folded / divisor >= atLeast ? 1f : 0f;
        }
        return rule.aggregate() == LabelRule.Aggregate.ANY
                ? (folded > 0 ? 1f : 0f)
                : rule.transform().apply(folded / divisor);
    }
}
