package freshet.jobs.join;

import freshet.serde.event.Event;
import freshet.serde.event.Feedback;
import freshet.serde.event.HistorySeed;
import freshet.serde.event.Impression;
import freshet.serde.example.LabeledExample;
import freshet.serde.example.TaskLabel;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
    /** How often the user had been forgotten when an event came. */
    private final Map<Event, Integer> life = new HashMap<>();
    /** What the history takes, in the order in which it does. */
    private final List<Known> history = new ArrayList<>();

    /** An event as the history takes it: in the moment {@code at}, there by stage, place and second place. */
    private record Known(long at, int stage, int place, int second, int life, Event event) {
        private static final Comparator<Known> ORDER = Comparator.comparingLong(Known::at)
                .thenComparingInt(Known::stage)
                .thenComparingInt(Known::place)
                .thenComparingInt(Known::second);
    }

    /** Feedback, the impression it answers, and how long after it. */
    private record Answer(Impression impression, Feedback feedback, long delay) {}

    ReferenceJoin(JoinSpec spec, List<Event> arrived) {
        this.spec = spec;
        this.ledger = new Ledger(spec.taskNames());
        List<Event> sorted = new ArrayList<>(arrived);
        sorted.sort(EventBytes.TOTAL_ORDER);
        int lives = 0;
        for (int i = 0; i < sorted.size(); i++) {
            long sinceLast = i == 0
                    ? 0
                    : sorted.get(i).eventTimeMillis() - sorted.get(i - 1).eventTimeMillis();
            lives += sinceLast > spec.userTtl().toMillis() ? 1 : 0;
            addUnlessDuplicate(sorted.get(i), lives);
        }
        List<Answer> answers = new ArrayList<>();
        for (Event event : events) {
            if (event instanceof Feedback feedback) {
                answer(feedback, answers);
            } else {
                know(event.eventTimeMillis(), 0, events.indexOf(event), 0, event);
            }
        }
        history.sort(Known.ORDER);
        Set<Feedback> late = new HashSet<>();
        for (Event event : events) {
            if (event instanceof Impression impression) {
                List<Answer> own =
                        answers.stream().filter(a -> a.impression == impression).toList();
                label(impression, own, late);
            }
        }
        answers.forEach(answer -> countAnswer(answer, late));
        examples.sort(LabeledExample.ORDER);
    }

    private void addUnlessDuplicate(Event event, int lives) {
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
            life.put(event, lives);
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

    private void know(long at, int stage, int place, int second, Event event) {
        Event then = event instanceof Feedback f
                ? new Feedback(f.id(), f.impressionId(), f.userId(), f.videoId(), at, f.kind(), f.value())
                : event;
        history.add(new Known(at, stage, place, second, life.getOrDefault(event, 0), then));
    }

    private boolean isAsked(Feedback feedback) {
        return spec.tasks().stream().anyMatch(task -> task.label().kind().equals(feedback.kind()));
    }

    private void answer(Feedback feedback, List<Answer> answers) {
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
        int place = events.indexOf(feedback);
        long time = feedback.eventTimeMillis();
        if (before != null) {
            know(time, 0, place, 0, feedback);
            answers.add(new Answer(before, feedback, time - before.eventTimeMillis()));
        } else if (after != null) {
            know(after.eventTimeMillis(), 0, events.indexOf(after), 1 + place, feedback);
            answers.add(new Answer(after, feedback, 0));
        } else {
            know(time + spec.feedbackWait().toMillis(), 1, place, 0, feedback);
            count(isAsked(feedback) ? "FEEDBACK_ORPHAN" : "FEEDBACK_NOT_ASKED");
            if (isAsked(feedback)) {
                orphans.add(feedback);
            }
        }
    }

    private void countAnswer(Answer answer, Set<Feedback> late) {
        boolean used = late.contains(answer.feedback)
                || spec.tasks().stream()
                        .anyMatch(task -> task.label().kind().equals(answer.feedback.kind())
                                && answer.delay <= task.horizonMillis());
        boolean asked = isAsked(answer.feedback);
        count(!asked ? "FEEDBACK_NOT_ASKED" : used ? "FEEDBACK_USED" : "FEEDBACK_AFTER_HORIZON");
    }

    private static boolean isAnsweredBy(Impression impression, Feedback feedback) {
        return feedback.impressionId() == null
                ? feedback.videoId().equals(impression.videoId())
                : feedback.impressionId().equals(impression.impressionId());
    }

    private void label(Impression impression, List<Answer> answers, Set<Feedback> late) {
        TreeMap<Long, List<TaskLabel>> byTime = new TreeMap<>();
        List<String> fulfilled = new ArrayList<>();
        TreeMap<String, Long> decidedAt = new TreeMap<>();
        for (int t = 0; t < spec.tasks().size(); t++) {
            TaskRule task = spec.tasks().get(t);
            String given = task.given();
            if (task.label().divisor() == LabelRule.Divisor.VIDEO_DURATION && impression.videoDurationMillis() == 0) {
                ledger.add(LedgerLine.TASK_MASKED_DURATION_UNKNOWN, t, 1);
                continue;
            } else if (given != null && !fulfilled.contains(given)) {
                ledger.add(LedgerLine.TASK_MASKED_GIVEN, t, 1);
                continue;
            }
            List<Answer> asked = answers.stream()
                    .filter(a -> a.feedback.kind().equals(task.label().kind()))
                    .toList();
            List<Answer> counting =
                    asked.stream().filter(a -> a.delay <= task.horizonMillis()).toList();
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
            boolean kept = label > 0 || task.negatives().keeps(task.name(), "u", impression.impressionId());
            ledger.add(kept ? LedgerLine.TASK_LABELLED : LedgerLine.TASK_SAMPLED_OUT, t, 1);
            float weight = label > 0 ? 1 : task.negatives().weight();
            if (kept) {
                float rate = label > 0 ? 1 : (float) task.negatives().keep();
                put(byTime, at, new TaskLabel(task.name(), label, weight, rate, 0));
            }
            if (label > 0) {
                fulfilled.add(task.name());
                ledger.add(LedgerLine.TASK_POSITIVE, t, 1);
                continue;
            }
            List<Answer> sofar = new ArrayList<>(counting);
            long corrected = Long.MAX_VALUE;
            for (Answer answer : asked) {
                long time = answer.feedback.eventTimeMillis();
                boolean inWindow = answer.delay > task.horizonMillis() && answer.delay <= task.openMillis();
                if (inWindow && time > at && time <= corrected) {
                    late.add(answer.feedback);
                    sofar.add(answer);
                    corrected = label(task.label(), sofar, impression) > 0 ? time : corrected;
                }
            }
            if (corrected < Long.MAX_VALUE) {
                ledger.add(LedgerLine.TASK_CORRECTED, t, 1);
                put(byTime, corrected, new TaskLabel(task.name(), 1, 1, 1, kept ? weight : 0));
            }
        }
        List<Event> before = history.stream()
                .takeWhile(known -> known.event != impression)
                .filter(known -> known.life == life.getOrDefault(impression, 0))
                .map(Known::event)
                .toList();
        byTime.forEach((at, labels) -> examples.add(new LabeledExample(
                impression.impressionId(),
                impression.userId(),
                impression.videoId(),
                impression.eventTimeMillis(),
                at,
                ReferenceFeatures.of(impression, before),
                labels)));
    }

    private static void put(Map<Long, List<TaskLabel>> byTime, long at, TaskLabel label) {
        byTime.computeIfAbsent(at, time -> new ArrayList<>()).add(label);
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
