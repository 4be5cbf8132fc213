package freshet.jobs.join;

import freshet.jobs.join.ReferenceLabel.Answer;
import freshet.serde.event.Event;
import freshet.serde.event.Feedback;
import freshet.serde.event.Impression;
import freshet.serde.example.LabeledExample;
import freshet.serde.example.TaskLabel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What the join must yield for one user, slow and obvious: all events at once, sorted, and plain loops over the whole list.
 * No limits, no state, no watermark. With the streams, labels, histories and features that it is made of ({@link ReferenceStream}
 * and so on) it is some 650 lines: one question a file, and nothing in it that is clever.
 */
final class ReferenceJoin {
    final List<LabeledExample> examples = new ArrayList<>();
    final List<Feedback> orphans = new ArrayList<>();
    final Ledger ledger;

    private final JoinSpec spec;
    private final ReferenceStream stream;
    private final ReferenceHistory history = new ReferenceHistory();
    private final Map<Impression, List<Answer>> answers = new IdentityHashMap<>();
    /** Feedback that a task with {@code late: correct} looked at after its horizon. */
    private final Set<Feedback> usedLate = new HashSet<>();

    ReferenceJoin(JoinSpec spec, List<Event> arrived) {
        this.spec = spec;
        this.ledger = new Ledger(spec.taskNames());
        this.stream = new ReferenceStream(spec, arrived, ledger);
        List<Event> events = stream.events;
        for (int place = 0; place < events.size(); place++) {
            Event event = events.get(place);
            if (event instanceof Feedback feedback) {
                answer(feedback, place);
            } else {
                history.add(event.eventTimeMillis(), 0, place, 0, stream.life(event), event);
            }
        }
        for (Event event : events) {
            if (event instanceof Impression impression) {
                List<Answer> own = answers.getOrDefault(impression, List.of());
                label(impression, own);
                own.forEach(this::countAnswer);
            }
        }
        examples.sort(LabeledExample.ORDER);
    }

    private boolean isAsked(Feedback feedback) {
        return spec.tasks().stream().anyMatch(task -> task.label().kind().equals(feedback.kind()));
    }

    private void answer(Feedback feedback, int place) {
        @Nullable Impression before = null;
        @Nullable Impression after = null;
        for (Event event : stream.events) {
            if (event instanceof Impression candidate && isAnsweredBy(candidate, feedback)) {
                long delay = feedback.eventTimeMillis() - candidate.eventTimeMillis();
                if (Event.ORDER.compare(candidate, feedback) < 0) {
                    before = delay <= stream.memory(candidate) ? candidate : before;
                } else if (after == null && -delay <= spec.feedbackWait().toMillis()) {
                    after = candidate;
                }
            }
        }
        long time = feedback.eventTimeMillis();
        int lives = stream.life(feedback);
        if (before != null) {
            history.add(time, 0, place, 0, lives, feedback);
            put(answers, before, new Answer(feedback, time - before.eventTimeMillis()));
        } else if (after != null) {
            history.add(after.eventTimeMillis(), 0, stream.events.indexOf(after), 1 + place, lives, feedback);
            put(answers, after, new Answer(feedback, 0));
        } else {
            history.add(time + spec.feedbackWait().toMillis(), 1, place, 0, lives, feedback);
            count(isAsked(feedback) ? "FEEDBACK_ORPHAN" : "FEEDBACK_NOT_ASKED");
            if (isAsked(feedback)) {
                orphans.add(feedback);
            }
        }
    }

    private void countAnswer(Answer answer) {
        boolean used = usedLate.contains(answer.feedback())
                || spec.tasks().stream()
                        .anyMatch(task ->
                                task.label().kind().equals(answer.feedback().kind())
                                        && answer.delay() <= task.horizonMillis());
        count(!isAsked(answer.feedback()) ? "FEEDBACK_NOT_ASKED" : used ? "FEEDBACK_USED" : "FEEDBACK_AFTER_HORIZON");
    }

    private static boolean isAnsweredBy(Impression impression, Feedback feedback) {
        return feedback.impressionId() == null
                ? feedback.videoId().equals(impression.videoId())
                : feedback.impressionId().equals(impression.impressionId());
    }

    private void label(Impression impression, List<Answer> own) {
        TreeMap<Long, List<TaskLabel>> byTime = new TreeMap<>();
        Set<String> fulfilled = new HashSet<>();
        Map<String, Long> decided = new HashMap<>();
        for (int t = 0; t < spec.tasks().size(); t++) {
            TaskRule task = spec.tasks().get(t);
            boolean byDuration = task.label().divisor() == LabelRule.Divisor.VIDEO_DURATION
                    || task.label()
                                    .atLeast()
                                    .map(Threshold::steps)
                                    .orElse(List.of())
                                    .size()
                            > 1;
            if (byDuration && impression.videoDurationMillis() == 0) {
                ledger.add(LedgerLine.TASK_MASKED_DURATION_UNKNOWN, t, 1);
                continue;
            } else if (task.given() != null && !fulfilled.contains(task.given())) {
                ledger.add(LedgerLine.TASK_MASKED_GIVEN, t, 1);
                continue;
            }
            ReferenceLabel label = ReferenceLabel.of(task, impression, own, decided);
            decided.put(task.name(), label.decidedAt());
            usedLate.addAll(label.late());
            boolean positive = label.value() > 0;
            boolean kept =
                    positive || task.negatives().keeps(task.name(), impression.userId(), impression.impressionId());
            float weight = positive ? 1 : task.negatives().weight();
            float rate = positive ? 1 : (float) task.negatives().keep();
            ledger.add(kept ? LedgerLine.TASK_LABELLED : LedgerLine.TASK_SAMPLED_OUT, t, 1);
            if (kept) {
                put(byTime, label.decidedAt(), new TaskLabel(task.name(), label.value(), weight, rate, 0));
            }
            if (positive) {
                fulfilled.add(task.name());
                ledger.add(LedgerLine.TASK_POSITIVE, t, 1);
            }
            if (label.correctedAt() < ReferenceLabel.NEVER) {
                ledger.add(LedgerLine.TASK_CORRECTED, t, 1);
                put(byTime, label.correctedAt(), new TaskLabel(task.name(), 1, 1, 1, kept ? weight : 0));
            }
        }
        List<Event> before = history.before(impression, stream.life(impression));
        byTime.forEach((at, labels) -> examples.add(new LabeledExample(
                impression.impressionId(),
                impression.userId(),
                impression.videoId(),
                impression.eventTimeMillis(),
                at,
                ReferenceFeatures.of(impression, before),
                labels)));
    }

    private static <K, V> void put(Map<K, List<V>> lists, K key, V value) {
        lists.computeIfAbsent(key, any -> new ArrayList<>()).add(value);
    }

    private void count(String line) {
        ledger.add(LedgerLine.valueOf(line), -1, 1);
    }
}
