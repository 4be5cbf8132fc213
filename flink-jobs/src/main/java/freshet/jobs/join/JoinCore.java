package freshet.jobs.join;

import static freshet.jobs.join.LedgerLine.*;

import freshet.features.binary.IdHash;
import freshet.features.extract.FeatureExtractor;
import freshet.serde.event.Event;
import freshet.serde.event.Feedback;
import freshet.serde.event.HistorySeed;
import freshet.serde.event.Impression;
import freshet.serde.example.LabeledExample;
import freshet.serde.example.TaskLabel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The join, as a function of one user's events. Events wait until the watermark has passed them; then time is walked moment
 * by moment. A moment is a millisecond in which an event happened or a horizon ends:
 *
 * <ol>
 *   <li>its events are processed in {@link Event#ORDER}. An impression gets its features from the history as it stands, and
 *       only then becomes part of it. Feedback becomes part of the history and is folded into the labels of its impression.
 *   <li>feedback whose patience ends with this moment becomes an orphan;
 *   <li>labels whose horizon ends with this moment, or that can no longer change, are decided; those of one impression leave
 *       as one example, impressions in the order of their ids.
 * </ol>
 *
 * <p>So what comes out does not depend on the order of arrival, on how the watermark moves, or on restarts, as long as
 * nothing is late. All state is in the {@link UserState} that is passed in. Not thread-safe: one core per task.
 *
 * <p>The rules:
 *
 * <ul>
 *   <li><b>Duplicates.</b> An id seen again within the duplicate window, counted from the one that was accepted, is dropped.
 *       An impression's id is remembered at least until its last horizon has ended, so no two open impressions share one. Of
 *       two records with one id and one time but different content, the one whose bytes are smaller is kept.
 *   <li><b>Attribution.</b> By impression id; where the feedback has none, to the newest remembered impression of its video.
 *       Feedback that finds nothing waits; the first impression it answers takes it as if it had come with it. Otherwise it
 *       ends as an orphan.
 *   <li><b>After the horizon.</b> Feedback whose impression is remembered, but past the horizon of every task that asks for its
 *       kind. When the impression is forgotten too, it is an orphan.
 *   <li><b>Conditions.</b> A task given another has a label only where the other's is positive, and is decided when both are:
 *       its own feedback counts up to its own horizon all the same.
 *   <li><b>History</b> takes every event that is not late, refused or a duplicate, whether a task asks for it or not.
 * </ul>
 */
public final class JoinCore {
    private static final int[] NO_TASKS = {};

    private final JoinSpec spec;
    private final FeatureExtractor extractor;
    private final TaskRule[] tasks;
    /** Index of the task that a task is given, or -1. */
    private final int[] given;
    /** The tasks that ask for a kind of feedback. */
    private final Map<String, int[]> tasksByKind = new HashMap<>();
    /** The distinct horizons, shortest first, and the tasks that have each. */
    private final long[] horizons;

    private final int[][] tasksByHorizon;
    private final long longestHorizon;
    private final long impressionMemory;
    private final long feedbackMemory;
    private final long feedbackWait;

    /** Impressions whose labels changed in the moment being processed; empty between moments. */
    private final List<OpenImpression> touched = new ArrayList<>();

    public JoinCore(JoinSpec spec, FeatureExtractor extractor) {
        this.spec = spec;
        this.extractor = extractor;
        tasks = spec.tasks().toArray(TaskRule[]::new);
        given = new int[tasks.length];
        for (int task = 0; task < tasks.length; task++) {
            given[task] = tasks[task].given() == null ? -1 : spec.taskNames().indexOf(tasks[task].given());
            int index = task;
            tasksByKind.merge(tasks[task].label().kind(), new int[] {index}, JoinCore::joined);
        }
        horizons = spec.tasks().stream()
                .mapToLong(TaskRule::horizonMillis)
                .distinct()
                .sorted()
                .toArray();
        tasksByHorizon = new int[horizons.length][];
        Arrays.fill(tasksByHorizon, NO_TASKS);
        for (int task = 0; task < tasks.length; task++) {
            int h = Arrays.binarySearch(horizons, tasks[task].horizonMillis());
            tasksByHorizon[h] = joined(tasksByHorizon[h], new int[] {task});
        }
        longestHorizon = spec.longestHorizonMillis();
        impressionMemory = spec.impressionMemoryMillis();
        feedbackMemory = spec.duplicateWindow().toMillis();
        feedbackWait = spec.feedbackWait().toMillis();
    }

    private static int[] joined(int[] left, int[] right) {
        int[] both = Arrays.copyOf(left, left.length + right.length);
        System.arraycopy(right, 0, both, left.length, right.length);
        return both;
    }

    /**
     * Takes one event of the state's user. It is late, and not processed, if the watermark or the user's own processed time
     * has reached it.
     *
     * @param watermarkMillis no event at or before it was expected any more
     */
    public void accept(UserState state, Event event, long watermarkMillis, JoinOutput out) {
        if (!state.userId.equals(event.userId())) {
            if (!state.userId.isEmpty()) {
                throw new IllegalArgumentException(
                        "joining: found an event of another user than the state's; expected the"
                                + " caller to key both by user");
            }
            state.userId = event.userId();
        }
        out.count(read(event), -1, 1);
        if (event.eventTimeMillis() <= Math.max(watermarkMillis, state.processedThroughMillis)) {
            out.count(late(event), -1, 1);
            out.late(event);
            return;
        }
        if (state.pending.size() >= spec.limits().pendingEvents()) {
            out.count(refused(event), -1, 1);
            out.late(event);
            return;
        }
        out.count(pending(event), -1, 1);
        state.pending.add(placeOf(event, state.pending), event);
        state.nextDueMillis = Math.min(state.nextDueMillis, event.eventTimeMillis());
    }

    /** Where an event belongs: looked for from the end, since streams are almost in order. */
    private static int placeOf(Event event, List<Event> pending) {
        int place = pending.size();
        while (place > 0 && isBefore(event, pending.get(place - 1))) {
            place--;
        }
        return place;
    }

    private static boolean isBefore(Event event, Event other) {
        return event.eventTimeMillis() != other.eventTimeMillis()
                ? event.eventTimeMillis() < other.eventTimeMillis()
                : EventBytes.TOTAL_ORDER.compare(event, other) < 0;
    }

    /** Processes everything that is due at or before the watermark. */
    public void advance(UserState state, long watermarkMillis, JoinOutput out) {
        if (state.nextDueMillis > watermarkMillis) {
            return;
        }
        findPassedHorizons(state);
        int processed = 0;
        long now = nextMoment(state, processed);
        while (now <= watermarkMillis && now != Long.MAX_VALUE) {
            state.processedThroughMillis = now;
            state.seenImpressions.forgetBefore(now - impressionMemory);
            state.seenFeedback.forgetBefore(now - feedbackMemory);
            while (processed < state.pending.size()
                    && state.pending.get(processed).eventTimeMillis() == now) {
                process(state, state.pending.get(processed++), out);
            }
            orphan(state, now, out);
            closeHorizons(state, now);
            decide(state, now, out);
            forgetClosed(state, now);
            now = nextMoment(state, processed);
        }
        state.pending.subList(0, processed).clear();
        state.nextDueMillis = now;
    }

    /** The next moment with something to do when {@code processed} pending events are behind; MAX_VALUE if there is none. */
    private long nextMoment(UserState state, int processed) {
        long next = Long.MAX_VALUE;
        if (processed < state.pending.size()) {
            next = state.pending.get(processed).eventTimeMillis();
        }
        if (!state.waiting.isEmpty()) {
            next = Math.min(next, state.waiting.get(0).eventTimeMillis() + feedbackWait);
        }
        for (int h = 0; h < horizons.length; h++) {
            if (state.passed[h] < state.open.size()) {
                next = Math.min(next, state.open.get(state.passed[h]).eventTimeMillis + horizons[h]);
            }
        }
        return next == Long.MAX_VALUE ? lastForgetting(state) : next;
    }

    /**
     * When a user for whom nothing else is due can forget the last id: so one who does not come back leaves no more than a
     * history. MAX_VALUE if no id is remembered.
     */
    private long lastForgetting(UserState state) {
        long last = Long.MIN_VALUE;
        if (state.seenImpressions.size() > 0) {
            last = state.seenImpressions.newestMillis() + impressionMemory;
        }
        if (state.seenFeedback.size() > 0) {
            last = Math.max(last, state.seenFeedback.newestMillis() + feedbackMemory);
        }
        return last == Long.MIN_VALUE ? Long.MAX_VALUE : last + 1;
    }

    /** After a restart, counts how many open impressions have passed each horizon. */
    private void findPassedHorizons(UserState state) {
        if (state.passed.length == horizons.length) {
            return;
        }
        if (!state.open.isEmpty() && state.open.get(0).status.length != tasks.length) {
            throw new IllegalStateException("joining: found state of " + state.open.get(0).status.length
                    + " tasks, expected the " + tasks.length
                    + " of the configuration; go on with the old"
                    + " configuration, or start without state");
        }
        state.passed = new int[horizons.length];
        for (int h = 0; h < horizons.length; h++) {
            while (state.passed[h] < state.open.size()
                    && state.open.get(state.passed[h]).eventTimeMillis + horizons[h] <= state.processedThroughMillis) {
                state.passed[h]++;
            }
        }
    }

    private void process(UserState state, Event event, JoinOutput out) {
        out.count(pending(event), -1, -1);
        if (event instanceof Impression impression) {
            processImpression(state, impression, out);
        } else if (event instanceof Feedback feedback) {
            processFeedback(state, feedback, out);
        } else if (event instanceof HistorySeed seed) {
            boolean isFirst = state.history.seed(seed, extractor.historyNeeds());
            out.count(isFirst ? HISTORY_APPLIED : HISTORY_DUPLICATE, -1, 1);
        }
    }

    private void processImpression(UserState state, Impression impression, JoinOutput out) {
        long id = IdHash.of(impression.impressionId());
        if (state.seenImpressions.newestOf(id) >= 0) {
            out.count(IMPRESSION_DUPLICATE, -1, 1);
            return;
        }
        out.count(IMPRESSION_ACCEPTED, -1, 1);
        OpenImpression opened =
                new OpenImpression(impression, extractor.extract(impression, state.history), tasks.length);
        state.history.shown(impression, extractor.historyNeeds());
        makeRoomToOpen(state, out);
        remember(state.seenImpressions, id, IdHash.of(impression.videoId()), impression.eventTimeMillis(), out);
        state.open.add(opened);
        for (int task = 0; task < tasks.length; task++) {
            out.count(TASK_OPEN, task, 1);
            if (!tasks[task].label().isDefinedFor(impression.videoDurationMillis())) {
                mask(opened, task, TASK_MASKED_DURATION_UNKNOWN, out);
            }
        }
        adoptWaiting(state, impression, opened, out);
    }

    private void makeRoomToOpen(UserState state, JoinOutput out) {
        if (state.open.size() < spec.limits().openImpressions()) {
            return;
        }
        OpenImpression oldest = state.open.remove(0);
        for (int task = 0; task < tasks.length; task++) {
            if (!OpenImpression.isDone(oldest.status[task])) {
                mask(oldest, task, TASK_MASKED_LIMIT, out);
            }
        }
        for (int h = 0; h < horizons.length; h++) {
            state.passed[h] = Math.max(0, state.passed[h] - 1);
        }
    }

    private void remember(SeenIds seen, long id, long video, long timeMillis, JoinOutput out) {
        if (seen.size() >= spec.limits().rememberedIds()) {
            seen.forgetOldest();
            out.count(IDS_FORGOTTEN, -1, 1);
        }
        seen.add(id, video, timeMillis);
    }

    /** Gives a new impression the feedback that came before it, as if it had come with it. */
    private void adoptWaiting(UserState state, Impression impression, OpenImpression opened, JoinOutput out) {
        if (state.waiting.isEmpty()) {
            return;
        }
        state.waiting.removeIf(feedback -> {
            boolean answers = feedback.impressionId() == null
                    ? feedback.videoId().equals(impression.videoId())
                    : feedback.impressionId().equals(impression.impressionId());
            if (answers) {
                out.count(FEEDBACK_WAITING, -1, -1);
                out.count(FEEDBACK_USED, -1, 1);
                fold(opened, feedback, 0);
            }
            return answers;
        });
    }

    private void processFeedback(UserState state, Feedback feedback, JoinOutput out) {
        long id = IdHash.of(feedback.feedbackId());
        if (state.seenFeedback.newestOf(id) >= 0) {
            out.count(FEEDBACK_DUPLICATE, -1, 1);
            return;
        }
        remember(state.seenFeedback, id, 0, feedback.eventTimeMillis(), out);
        state.history.felt(feedback, extractor.historyNeeds());
        if (!tasksByKind.containsKey(feedback.kind())) {
            out.count(FEEDBACK_NOT_ASKED, -1, 1);
            return;
        }
        String impressionId = feedback.impressionId();
        int row = impressionId == null
                ? state.seenImpressions.newestOfVideo(IdHash.of(feedback.videoId()))
                : state.seenImpressions.newestOf(IdHash.of(impressionId));
        if (row < 0) {
            letWait(state, feedback, out);
            return;
        }
        int openRow = row - (state.seenImpressions.size() - state.open.size());
        boolean isUsed = openRow >= 0
                && fold(
                        state.open.get(openRow),
                        feedback,
                        feedback.eventTimeMillis() - state.open.get(openRow).eventTimeMillis);
        out.count(isUsed ? FEEDBACK_USED : FEEDBACK_AFTER_HORIZON, -1, 1);
    }

    private void letWait(UserState state, Feedback feedback, JoinOutput out) {
        if (state.waiting.size() >= spec.limits().waitingFeedback()) {
            orphanOldest(state, out);
        }
        out.count(FEEDBACK_WAITING, -1, 1);
        state.waiting.add(feedback);
    }

    private void orphan(UserState state, long now, JoinOutput out) {
        while (!state.waiting.isEmpty() && state.waiting.get(0).eventTimeMillis() + feedbackWait <= now) {
            orphanOldest(state, out);
        }
    }

    private static void orphanOldest(UserState state, JoinOutput out) {
        out.count(FEEDBACK_WAITING, -1, -1);
        out.count(FEEDBACK_ORPHAN, -1, 1);
        out.orphan(state.waiting.remove(0));
    }

    /** Folds feedback into the labels that ask for its kind. Returns false if it is after the horizon of all of them. */
    private boolean fold(OpenImpression impression, Feedback feedback, long delayMillis) {
        boolean isUsed = false;
        for (int task : tasksByKind.getOrDefault(feedback.kind(), NO_TASKS)) {
            if (delayMillis <= tasks[task].horizonMillis()) {
                isUsed = true;
                if (impression.status[task] == OpenImpression.OPEN) {
                    impression.folded[task] = tasks[task].label().fold(impression.folded[task], feedback.value());
                    touch(impression);
                }
            }
        }
        return isUsed;
    }

    private void touch(OpenImpression impression) {
        if (!impression.touched) {
            impression.touched = true;
            touched.add(impression);
        }
    }

    /** Settles the labels whose horizon ends now. */
    private void closeHorizons(UserState state, long now) {
        for (int h = 0; h < horizons.length; h++) {
            while (state.passed[h] < state.open.size()
                    && state.open.get(state.passed[h]).eventTimeMillis + horizons[h] <= now) {
                OpenImpression impression = state.open.get(state.passed[h]++);
                for (int task : tasksByHorizon[h]) {
                    if (impression.status[task] == OpenImpression.OPEN) {
                        impression.status[task] = OpenImpression.SETTLED;
                        touch(impression);
                    }
                }
            }
        }
    }

    /** Decides what can be decided of the impressions touched in this moment. */
    private void decide(UserState state, long now, JoinOutput out) {
        if (touched.size() > 1) {
            touched.sort(Comparator.comparing(impression -> impression.impressionId));
        }
        for (OpenImpression impression : touched) {
            impression.touched = false;
            List<TaskLabel> labels = decideTasks(impression, out);
            if (!labels.isEmpty()) {
                out.example(new LabeledExample(
                        impression.impressionId,
                        state.userId,
                        impression.videoId,
                        impression.eventTimeMillis,
                        now,
                        impression.features(),
                        labels));
            }
            impression.dropFeaturesIfDone();
        }
        touched.clear();
    }

    /** The labels that are decided now. A task stands after the one it is given, so one pass does. */
    private List<TaskLabel> decideTasks(OpenImpression impression, JoinOutput out) {
        List<TaskLabel> labels = List.of();
        for (int task = 0; task < tasks.length; task++) {
            if (OpenImpression.isDone(impression.status[task])) {
                continue;
            }
            LabelRule rule = tasks[task].label();
            if (impression.status[task] == OpenImpression.OPEN
                    && tasks[task].decide() == TaskRule.Decide.EARLY
                    && rule.isFinal(impression.folded[task], impression.videoDurationMillis)) {
                impression.status[task] = OpenImpression.SETTLED;
            }
            byte condition = given[task] < 0 ? OpenImpression.POSITIVE : impression.status[given[task]];
            if (OpenImpression.isDone(condition) && condition != OpenImpression.POSITIVE) {
                mask(impression, task, TASK_MASKED_GIVEN, out);
            } else if (impression.status[task] == OpenImpression.SETTLED && OpenImpression.isDone(condition)) {
                float label = rule.label(impression.folded[task], impression.videoDurationMillis);
                impression.status[task] = label > 0 ? OpenImpression.POSITIVE : OpenImpression.NOT_POSITIVE;
                out.count(TASK_OPEN, task, -1);
                out.count(TASK_LABELLED, task, 1);
                if (label > 0) {
                    out.count(TASK_POSITIVE, task, 1);
                }
                if (labels.isEmpty()) {
                    labels = new ArrayList<>(tasks.length);
                }
                labels.add(new TaskLabel(tasks[task].name(), label, 1f));
            }
        }
        return labels;
    }

    private static void mask(OpenImpression impression, int task, LedgerLine reason, JoinOutput out) {
        impression.status[task] = OpenImpression.MASKED;
        out.count(TASK_OPEN, task, -1);
        out.count(reason, task, 1);
    }

    /** Lets go of impressions whose last horizon has ended. */
    private void forgetClosed(UserState state, long now) {
        int closed = 0;
        while (closed < state.open.size() && state.open.get(closed).eventTimeMillis + longestHorizon <= now) {
            closed++;
        }
        if (closed > 0) {
            state.open.subList(0, closed).clear();
            for (int h = 0; h < horizons.length; h++) {
                state.passed[h] -= closed;
            }
        }
    }

    private static LedgerLine read(Event event) {
        return line(event, HISTORY_READ, IMPRESSION_READ, FEEDBACK_READ);
    }

    private static LedgerLine late(Event event) {
        return line(event, HISTORY_LATE, IMPRESSION_LATE, FEEDBACK_LATE);
    }

    private static LedgerLine refused(Event event) {
        return line(event, HISTORY_REFUSED, IMPRESSION_REFUSED, FEEDBACK_REFUSED);
    }

    private static LedgerLine pending(Event event) {
        return line(event, HISTORY_PENDING, IMPRESSION_PENDING, FEEDBACK_PENDING);
    }

    private static LedgerLine line(Event event, LedgerLine seed, LedgerLine impression, LedgerLine feedback) {
        return event instanceof HistorySeed ? seed : event instanceof Impression ? impression : feedback;
    }
}
