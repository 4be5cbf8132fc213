package freshet.jobs.join;

import freshet.jobs.join.ReferenceLabels.Answer;
import freshet.serde.event.Event;
import freshet.serde.event.Feedback;
import freshet.serde.event.HistorySeed;
import freshet.serde.event.Impression;
import freshet.serde.example.FeatureValues;
import freshet.serde.example.LabeledExample;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What the join must yield for one user, slow and obvious: the events in a sorted list, and plain loops over all of it for every question.
 * Without limits, state or watermarks.
 */
final class ReferenceJoin {
    final List<LabeledExample> examples = new ArrayList<>();
    final List<Feedback> orphans = new ArrayList<>();
    final Ledger ledger;

    private final JoinSpec spec;

    /** What the history takes, and the order in which it does. */
    private record Known(List<Long> order, Event event) {}

    ReferenceJoin(JoinSpec spec, List<Event> arrived) {
        this.spec = spec;
        ledger = new Ledger(spec.taskNames());
        List<Event> life = new ArrayList<>();
        long last = Long.MAX_VALUE;
        for (Event event : arrived.stream().sorted(EventBytes.TOTAL_ORDER).toList()) {
            if (event.eventTimeMillis() - last > spec.userTtl().toMillis()) {
                join(life); // who comes back after so long is a new user
                life.clear();
            }
            last = event.eventTimeMillis();
            addUnlessDuplicate(event, life);
        }
        join(life);
        examples.sort(LabeledExample.ORDER);
    }

    private void addUnlessDuplicate(Event event, List<Event> life) {
        String kind = event instanceof Impression ? "IMPRESSION" : event instanceof Feedback ? "FEEDBACK" : "HISTORY";
        count(kind + "_READ");
        for (Event before : life) {
            boolean same = before.getClass() == event.getClass() && before.id().equals(event.id());
            if (same && event.eventTimeMillis() - before.eventTimeMillis() <= memory(event)) {
                count(kind + "_DUPLICATE");
                return;
            }
        }
        life.add(event);
        if (!(event instanceof Feedback)) {
            count(kind + (event instanceof Impression ? "_ACCEPTED" : "_APPLIED"));
        }
    }

    /** For how long another event with its id is a duplicate, and for how long an impression can be answered. */
    private long memory(Event event) {
        long window = spec.duplicateWindow().toMillis();
        long answered = event instanceof Impression ? spec.longestHorizonMillis() : 0;
        return event instanceof HistorySeed ? Long.MAX_VALUE : Math.max(window, answered);
    }

    private void join(List<Event> life) {
        List<Known> history = new ArrayList<>();
        Map<Integer, List<Answer>> answers = new HashMap<>();
        for (int place = 0; place < life.size(); place++) {
            Event event = life.get(place);
            long time = event.eventTimeMillis();
            if (!(event instanceof Feedback feedback)) {
                history.add(new Known(List.of(time, 0L, (long) place, 0L), event));
                continue;
            }
            int found = impressionOf(feedback, life, place);
            if (found < 0) {
                long inVain = time + spec.feedbackWait().toMillis();
                history.add(new Known(List.of(inVain, 1L, (long) place, 0L), at(inVain, feedback)));
                boolean asked = ReferenceLabels.asksFor(spec, feedback);
                count(asked ? "FEEDBACK_ORPHAN" : "FEEDBACK_NOT_ASKED");
                orphans.addAll(asked ? List.of(feedback) : List.of());
                continue;
            }
            long shown = life.get(found).eventTimeMillis();
            history.add(
                    found < place
                            ? new Known(List.of(time, 0L, (long) place, 0L), event)
                            : new Known(List.of(shown, 0L, (long) found, 1L + place), at(shown, feedback)));
            answers.computeIfAbsent(found, any -> new ArrayList<>())
                    .add(new Answer(feedback, Math.max(0, time - shown)));
        }
        history.sort((one, other) -> Arrays.compare(one.order.toArray(Long[]::new), other.order.toArray(Long[]::new)));
        List<Event> known = history.stream().map(Known::event).toList();
        for (int place = 0; place < life.size(); place++) {
            if (life.get(place) instanceof Impression shown) {
                ReferenceLabels labels =
                        new ReferenceLabels(spec, shown, answers.getOrDefault(place, List.of()), ledger);
                FeatureValues features = ReferenceFeatures.of(shown, known.subList(0, known.indexOf(shown)));
                labels.byDelay.forEach((delay, some) -> examples.add(new LabeledExample(
                        shown.impressionId(),
                        shown.userId(),
                        shown.videoId(),
                        shown.eventTimeMillis(),
                        shown.eventTimeMillis() + delay,
                        features,
                        some)));
            }
        }
    }

    /** The newest that it can answer of those before it, else the first of those that it waits for; -1 if there is none. */
    private int impressionOf(Feedback feedback, List<Event> life, int place) {
        int before = -1;
        int after = -1;
        for (int i = 0; i < life.size(); i++) {
            if (life.get(i) instanceof Impression shown
                    && (feedback.impressionId() == null
                            ? feedback.videoId().equals(shown.videoId())
                            : feedback.impressionId().equals(shown.impressionId()))) {
                long delay = feedback.eventTimeMillis() - shown.eventTimeMillis();
                before = i < place && delay <= memory(shown) ? i : before;
                after = i > place && after < 0 && -delay <= spec.feedbackWait().toMillis() ? i : after;
            }
        }
        return before >= 0 ? before : after;
    }

    private static Feedback at(long time, Feedback f) {
        return new Feedback(f.id(), f.impressionId(), f.userId(), f.videoId(), time, f.kind(), f.value());
    }

    private void count(String line) {
        ledger.add(LedgerLine.valueOf(line), -1, 1);
    }
}
