package freshet.jobs.join;

import freshet.serde.event.Event;
import freshet.serde.event.Feedback;
import freshet.serde.event.HistorySeed;
import freshet.serde.event.Impression;
import freshet.serde.example.LabeledExample;
import freshet.serde.example.TaskLabel;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What the join must yield for one user, slow and obvious: all events at once, sorted, and plain loops over the whole list.
 * No limits, no state, no watermark.
 */
final class ReferenceJoin {
    final List<LabeledExample> examples = new ArrayList<>();
    final List<Feedback> orphans = new ArrayList<>();
    final Ledger ledger;

    private final JoinSpec spec;
    /** Sorted, without duplicates. */
    private final List<Event> events = new ArrayList<>();

    ReferenceJoin(JoinSpec spec, List<Event> arrived) {
        this.spec = spec;
        this.ledger = new Ledger(spec.taskNames());
        List<Event> sorted = new ArrayList<>(arrived);
        sorted.sort(EventBytes.TOTAL_ORDER);
        sorted.forEach(this::addUnlessDuplicate);
        List<Answer> answers = new ArrayList<>();
        for (Event event : events) {
            if (event instanceof Feedback feedback) {
                answer(feedback, answers);
            }
        }
        for (Event event : events) {
            if (event instanceof Impression impression) {
                label(
                        impression,
                        answers.stream().filter(a -> a.impression == impression).toList());
            }
        }
        examples.sort(LabeledExample.ORDER);
    }

    private void addUnlessDuplicate(Event event) {
        boolean duplicate = false;
        for (Event before : events) {
            long age = event.eventTimeMillis() - before.eventTimeMillis();
            duplicate |=
                    before.getClass() == event.getClass() && before.id().equals(event.id()) && age <= memory(event);
        }
        String kind = event instanceof Impression ? "IMPRESSION" : event instanceof Feedback ? "FEEDBACK" : "HISTORY";
        count(kind + "_READ");
        if (duplicate) {
            count(kind + "_DUPLICATE");
        } else {
            events.add(event);
            if (!(event instanceof Feedback)) {
                count(event instanceof Impression ? "IMPRESSION_ACCEPTED" : "HISTORY_APPLIED");
            }
        }
    }

    private long memory(Event event) {
        long window = spec.duplicateWindow().toMillis();
        return event instanceof HistorySeed
                ? Long.MAX_VALUE
                : event instanceof Feedback ? window : Math.max(window, spec.longestHorizonMillis());
    }

    /** Feedback, the impression it answers, and how long after it. */
    private record Answer(Impression impression, Feedback feedback, long delay) {}

    private void answer(Feedback feedback, List<Answer> answers) {
        if (spec.tasks().stream().noneMatch(task -> task.label().kind().equals(feedback.kind()))) {
            count("FEEDBACK_NOT_ASKED");
            return;
        }
        @Nullable Impression before = null;
        @Nullable Impression after = null;
        for (Event event : events) {
            if (event instanceof Impression candidate && isAnsweredBy(candidate, feedback)) {
                long delay = feedback.eventTimeMillis() - candidate.eventTimeMillis();
                if (Event.ORDER.compare(candidate, feedback) < 0) {
                    before = delay <= memory(candidate) ? candidate : before;
                } else if (after == null && -delay <= spec.feedbackWait().toMillis()) {
                    after = candidate;
                }
            }
        }
        @Nullable Impression impression = before == null ? after : before;
        if (impression == null) {
            count("FEEDBACK_ORPHAN");
            orphans.add(feedback);
            return;
        }
        long delay = Math.max(0, feedback.eventTimeMillis() - impression.eventTimeMillis());
        boolean used = spec.tasks().stream()
                .anyMatch(task -> task.label().kind().equals(feedback.kind()) && delay <= task.horizonMillis());
        count(used ? "FEEDBACK_USED" : "FEEDBACK_AFTER_HORIZON");
        answers.add(new Answer(impression, feedback, delay));
    }

    private static boolean isAnsweredBy(Impression impression, Feedback feedback) {
        return feedback.impressionId() == null
                ? feedback.videoId().equals(impression.videoId())
                : feedback.impressionId().equals(impression.impressionId());
    }

    private void label(Impression impression, List<Answer> answers) {
        TreeMap<Long, List<TaskLabel>> byTime = new TreeMap<>();
        List<String> fulfilled = new ArrayList<>();
        TreeMap<String, Long> decidedAt = new TreeMap<>();
        for (int t = 0; t < spec.tasks().size(); t++) {
            TaskRule task = spec.tasks().get(t);
            String given = task.given();
            if (task.label().divisor() == LabelRule.Divisor.VIDEO_DURATION && impression.videoDurationMillis() == 0) {
                ledger.add(LedgerLine.TASK_MASKED_DURATION_UNKNOWN, t, 1);
            } else if (given != null && !fulfilled.contains(given)) {
                ledger.add(LedgerLine.TASK_MASKED_GIVEN, t, 1);
            } else {
                List<Answer> counting = answers.stream()
                        .filter(a -> a.feedback.kind().equals(task.label().kind()) && a.delay <= task.horizonMillis())
                        .toList();
                float label = label(task.label(), counting, impression);
                long after = task.horizonMillis();
                boolean canSettle = task.decide() == TaskRule.Decide.EARLY
                        && task.label().aggregate() != LabelRule.Aggregate.LAST
                        && task.label().isBinary();
                for (int n = counting.size(); canSettle && n > 0; n--) {
                    if (label(task.label(), counting.subList(0, n), impression) == 1f) {
                        after = counting.get(n - 1).delay;
                    }
                }
                long at = Math.max(
                        impression.eventTimeMillis() + after, given == null ? 0 : decidedAt.getOrDefault(given, 0L));
                decidedAt.put(task.name(), at);
                byTime.computeIfAbsent(at, time -> new ArrayList<>()).add(new TaskLabel(task.name(), label, 1f));
                ledger.add(LedgerLine.TASK_LABELLED, t, 1);
                if (label > 0) {
                    fulfilled.add(task.name());
                    ledger.add(LedgerLine.TASK_POSITIVE, t, 1);
                }
            }
        }
        byTime.forEach((at, labels) -> examples.add(new LabeledExample(
                impression.impressionId(),
                impression.userId(),
                impression.videoId(),
                impression.eventTimeMillis(),
                at,
                ReferenceFeatures.of(impression, events.subList(0, events.indexOf(impression))),
                labels)));
    }

    private static float label(LabelRule rule, List<Answer> answers, Impression impression) {
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
            return folded / divisor >= rule.atLeast().getAsDouble() ? 1f : 0f;
        }
        return rule.aggregate() == LabelRule.Aggregate.ANY
                ? (folded > 0 ? 1f : 0f)
                : rule.transform().apply(folded / divisor);
    }

    private void count(String line) {
        ledger.add(LedgerLine.valueOf(line), -1, 1);
    }
}
