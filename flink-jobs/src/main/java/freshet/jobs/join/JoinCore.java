package freshet.jobs.join;

import static freshet.jobs.join.LedgerLine.*;

import freshet.features.binary.ByteWriter;
import freshet.features.binary.IdFingerprint;
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
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

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
 *       What waits is no part of the history before that: a click stamped before its impression would else be among the
 *       features of the very impression it labels. It enters the history when it is adopted, after the impression's features
 *       are taken, or when it becomes an orphan, with the time of that moment.
 *   <li><b>After the horizon.</b> Feedback whose impression is remembered, but past the horizon of every task that asks for its
 *       kind. When the impression is forgotten too, it is an orphan. Where the
 *       task corrects ({@link LateRule}), feedback in the window after the horizon takes a negative back.
 *   <li><b>Conditions.</b> A task given another has a label only where the other's is positive, and is decided when both are:
 *       its own feedback counts up to its own horizon all the same.
 *   <li><b>Caps.</b> Beyond so many impressions of a user and day, and for features too large for the topic, there are no labels;
 *       the impression is part of the history all the same. Down-sampled negatives are drawn by the ids.
 *   <li><b>History</b> takes every event that is not late, refused or a duplicate, whether a task asks for it or not.
 *   <li><b>Forgetting.</b> Who comes back after more than {@link JoinSpec#userTtl} without an event is a new user: no history.
 * </ul>
 */
public final class JoinCore {
    private static final int[] NO_TASKS = {};
    private static final byte[] NO_FEATURES = {};
    private static final long MILLIS_PER_DAY = 86_400_000;

    /** Of the features of an example: leaves room for the rest in the mebibyte that brokers take unless told otherwise. */
    static final long MAX_FEATURE_BYTES = 900 << 10;

    private final JoinSpec spec;
    private final StateShapes shapes;
    private final FeatureExtractor extractor;
    private final TaskRule[] tasks;
    /** Index of the task that a task is given, or -1. */
    private final int[] given;
    /** The tasks that ask for a kind of feedback. */
    private final Map<String, int[]> tasksByKind = new HashMap<>();
    /** The distinct times after an impression at which something ends, shortest first. */
    private final long[] horizons;

    /** The tasks whose horizon ends then. */
    private final int[][] tasksByHorizon;
    /** The tasks whose window for corrections ends then. */
    private final int[][] windowsByHorizon;

    private final long longestHorizon;
    private final long impressionMemory;
    private final long feedbackMemory;
    private final long feedbackWait;
    private final long userTtl;
    private final long nameBytes;

    private final ByteWriter extracted = new ByteWriter(1024);

    /** Impressions whose labels changed in the moment being processed; empty between moments. */
    private final List<OpenImpression> touched = new ArrayList<>();

    /** For state that no other configuration has written. */
    public JoinCore(JoinSpec spec, FeatureExtractor extractor) {
        this(spec, extractor, new StateShapes(List.of(StateShape.of(spec, extractor.schema(), null))));
    }

    /**
     * For state that other configurations may have written.
     *
     * @param shapes of all of them; the last is that of the other arguments
     */
    JoinCore(JoinSpec spec, FeatureExtractor extractor, StateShapes shapes) {
        this.spec = spec;
        this.shapes = shapes;
        this.extractor = extractor;
        tasks = spec.tasks().toArray(TaskRule[]::new);
        given = new int[tasks.length];
        for (int task = 0; task < tasks.length; task++) {
            given[task] = tasks[task].given() == null ? -1 : spec.taskNames().indexOf(tasks[task].given());
            int index = task;
            tasksByKind.merge(tasks[task].label().kind(), new int[] {index}, JoinCore::joined);
        }
        horizons = spec.tasks().stream()
                .flatMapToLong(task -> LongStream.of(task.horizonMillis(), task.openMillis()))
                .distinct()
                .sorted()
                .toArray();
        tasksByHorizon = new int[horizons.length][];
        windowsByHorizon = new int[horizons.length][];
        Arrays.fill(tasksByHorizon, NO_TASKS);
        Arrays.fill(windowsByHorizon, NO_TASKS);
        for (int task = 0; task < tasks.length; task++) {
            int h = Arrays.binarySearch(horizons, tasks[task].horizonMillis());
            tasksByHorizon[h] = joined(tasksByHorizon[h], new int[] {task});
            if (tasks[task].correctionMillis() > 0) {
                int w = Arrays.binarySearch(horizons, tasks[task].openMillis());
                windowsByHorizon[w] = joined(windowsByHorizon[w], new int[] {task});
            }
        }
        longestHorizon = spec.longestHorizonMillis();
        impressionMemory = spec.impressionMemoryMillis();
        feedbackMemory = spec.duplicateWindow().toMillis();
        feedbackWait = spec.feedbackWait().toMillis();
        userTtl = spec.userTtl().toMillis();
        nameBytes = bytesOfNames(extractor.schema().idNames())
                + bytesOfNames(extractor.schema().numberNames());
    }

    private static long bytesOfNames(List<String> names) {
        return names.stream().mapToLong(name -> 3L * name.length() + 4).sum();
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
    public void accept(UserState state, EncodedEvent event, long watermarkMillis, JoinOutput out) {
        if (!state.userId.equals(event.userId())) {
            if (!state.userId.isEmpty()) {
                throw new IllegalArgumentException(
                        "joining: found an event of another user than the state's; expected the"
                                + " caller to key both by user");
            }
            state.userId = event.userId();
            state.shape = shapes.current();
        }
        out.count(event.line(HISTORY_READ, IMPRESSION_READ, FEEDBACK_READ), -1, 1);
        if (event.eventTimeMillis() <= Math.max(watermarkMillis, state.processedThroughMillis)) {
            out.count(event.line(HISTORY_LATE, IMPRESSION_LATE, FEEDBACK_LATE), -1, 1);
            out.late(event.decode());
            return;
        }
        if (state.pending.size() >= spec.limits().pendingEvents()
                || state.pending.bytes() + event.bytes().length > spec.limits().pendingBytes()) {
            out.count(event.line(HISTORY_REFUSED, IMPRESSION_REFUSED, FEEDBACK_REFUSED), -1, 1);
            out.late(event.decode());
            return;
        }
        out.count(event.line(HISTORY_PENDING, IMPRESSION_PENDING, FEEDBACK_PENDING), -1, 1);
        state.pending.add(event);
        state.nextDueMillis = Math.min(state.nextDueMillis, event.eventTimeMillis());
    }

    /** Processes everything that is due at or before the watermark. */
    public void advance(UserState state, long watermarkMillis, JoinOutput out) {
        if (state.nextDueMillis > watermarkMillis) {
            return;
        }
        bringUpToShape(state);
        findPassedHorizons(state);
        long now = nextMoment(state);
        while (now <= watermarkMillis && now != Long.MAX_VALUE) {
            state.processedThroughMillis = now;
            state.seenImpressions.forgetBefore(now - impressionMemory);
            state.seenFeedback.forgetBefore(now - feedbackMemory);
            while (!state.pending.isEmpty() && state.pending.firstMillis() == now) {
                process(state, state.pending.takeFirst(state.userId), out);
            }
            orphan(state, now, out);
            closeHorizons(state, now);
            decide(state, now, out);
            forgetClosed(state, now);
            if (now >= whenToForget(state)) {
                state.forget();
            }
            now = nextMoment(state);
        }
        state.nextDueMillis = now;
    }

    /** The next moment with something to do; MAX_VALUE if there is none. */
    private long nextMoment(UserState state) {
        long next = Long.MAX_VALUE;
        if (!state.pending.isEmpty()) {
            next = state.pending.firstMillis();
        }
        if (!state.waiting.isEmpty()) {
            next = Math.min(next, state.waiting.get(0).eventTimeMillis() + feedbackWait);
        }
        for (int h = 0; h < horizons.length; h++) {
            if (state.passed[h] < state.open.size()) {
                next = Math.min(next, state.open.eventTimeMillis(state.passed[h]) + horizons[h]);
            }
        }
        if (next == Long.MAX_VALUE) {
            next = lastForgetting(state);
        }
        // Who does not come back has not to be woken for being forgotten: of that the store takes care.
        return state.pending.isEmpty() ? next : Math.min(next, whenToForget(state));
    }

    /** When the whole user is forgotten, unless another event comes until then; MAX_VALUE for one already forgotten. */
    private long whenToForget(UserState state) {
        return state.newestEventMillis == UserState.NOTHING_YET ? Long.MAX_VALUE : state.newestEventMillis + userTtl;
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

    /** Brings state that was written under another configuration to the slots of this one. */
    private void bringUpToShape(UserState state) {
        if (state.shape == shapes.current()) {
            if (!state.open.isEmpty() && state.open.tasks() != tasks.length) {
                throw new IllegalStateException("joining: found state of " + state.open.tasks()
                        + " tasks, expected the " + tasks.length
                        + " of the configuration; the state is damaged, or of a"
                        + " release that did not note its configuration: go on with the old configuration, or start"
                        + " without state");
            }
            return;
        }
        ShapeChange change = shapes.changeFrom(state.shape);
        state.open.reshape(change);
        state.shape = shapes.current();
        state.passed = new int[0];
    }

    /** After a restart, counts how many open impressions have passed each horizon. */
    private void findPassedHorizons(UserState state) {
        if (state.passed.length == horizons.length) {
            return;
        }
        state.passed = new int[horizons.length];
        for (int h = 0; h < horizons.length; h++) {
            while (state.passed[h] < state.open.size()
                    && state.open.eventTimeMillis(state.passed[h]) + horizons[h] <= state.processedThroughMillis) {
                state.passed[h]++;
            }
        }
    }

    private void process(UserState state, Event event, JoinOutput out) {
        state.newestEventMillis = event.eventTimeMillis();
        if (event instanceof Impression impression) {
            out.count(IMPRESSION_PENDING, -1, -1);
            processImpression(state, impression, out);
        } else if (event instanceof Feedback feedback) {
            out.count(FEEDBACK_PENDING, -1, -1);
            processFeedback(state, feedback, out);
        } else if (event instanceof HistorySeed seed) {
            out.count(HISTORY_PENDING, -1, -1);
            boolean isFirst = state.history.seed(seed, extractor.historyNeeds());
            out.count(isFirst ? HISTORY_APPLIED : HISTORY_DUPLICATE, -1, 1);
        }
    }

    private void processImpression(UserState state, Impression impression, JoinOutput out) {
        long id = IdFingerprint.of(impression.impressionId());
        if (state.seenImpressions.newestOf(id) >= 0) {
            out.count(IMPRESSION_DUPLICATE, -1, 1);
            return;
        }
        out.count(IMPRESSION_ACCEPTED, -1, 1);
        @Nullable LedgerLine withoutLabels = countOfDay(state, impression) ? null : TASK_MASKED_DAY_CAP;
        byte[] features = NO_FEATURES;
        if (withoutLabels == null) {
            features = extract(impression, state);
            if (!FeatureSize.fit(features, MAX_FEATURE_BYTES - nameBytes)) {
                features = NO_FEATURES;
                withoutLabels = TASK_MASKED_TOO_LARGE;
            }
        }
        state.history.shown(impression, extractor.historyNeeds());
        makeRoomToOpen(state, out);
        remember(state.seenImpressions, id, IdFingerprint.of(impression.videoId()), impression.eventTimeMillis(), out);
        OpenImpression opened = state.open.add(impression, features, tasks.length);
        for (int task = 0; task < tasks.length; task++) {
            out.count(TASK_OPEN, task, 1);
            if (withoutLabels != null) {
                mask(opened, task, withoutLabels, out);
            } else if (!tasks[task].label().isDefinedFor(impression.videoDurationMillis())) {
                mask(opened, task, TASK_MASKED_DURATION_UNKNOWN, out);
            }
        }
        adoptWaiting(state, impression, opened, out);
    }

    private byte[] extract(Impression impression, UserState state) {
        extracted.clear();
        extractor.extract(impression, state.history, extracted);
        return extracted.toByteArray();
    }

    /** Counts an impression; whether it is one of the first of its day, that have labels. */
    private boolean countOfDay(UserState state, Impression impression) {
        long day = impression.eventTimeMillis() / MILLIS_PER_DAY;
        if (day != state.day) {
            state.day = day;
            state.impressionsOfDay = 0;
        }
        if (state.impressionsOfDay >= spec.limits().impressionsPerDay()) {
            return false;
        }
        state.impressionsOfDay++;
        return true;
    }

    private void makeRoomToOpen(UserState state, JoinOutput out) {
        if (state.open.size() < spec.limits().openImpressions()) {
            return;
        }
        OpenImpression oldest = state.open.get(0);
        for (int task = 0; task < tasks.length; task++) {
            if (!OpenImpression.isDone(oldest.status(task))) {
                mask(oldest, task, TASK_MASKED_LIMIT, out);
            }
        }
        touched.removeIf(oldest::isSame);
        state.open.removeOldest();
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
                out.count(isAsked(feedback) ? FEEDBACK_USED : FEEDBACK_NOT_ASKED, -1, 1);
                remember(state, feedback, impression.eventTimeMillis());
                fold(opened, feedback, 0);
            }
            return answers;
        });
    }

    /** Puts feedback that waited into the history, as of now. */
    private void remember(UserState state, Feedback feedback, long nowMillis) {
        Feedback asOfNow = new Feedback(
                feedback.feedbackId(),
                feedback.impressionId(),
                feedback.userId(),
                feedback.videoId(),
                nowMillis,
                feedback.kind(),
                feedback.value());
        state.history.felt(asOfNow, extractor.historyNeeds());
    }

    private boolean isAsked(Feedback feedback) {
        return tasksByKind.containsKey(feedback.kind());
    }

    private void processFeedback(UserState state, Feedback feedback, JoinOutput out) {
        long id = IdFingerprint.of(feedback.feedbackId());
        if (state.seenFeedback.newestOf(id) >= 0) {
            out.count(FEEDBACK_DUPLICATE, -1, 1);
            return;
        }
        remember(state.seenFeedback, id, 0, feedback.eventTimeMillis(), out);
        String impressionId = feedback.impressionId();
        int row = impressionId == null
                ? state.seenImpressions.newestOfVideo(IdFingerprint.of(feedback.videoId()))
                : state.seenImpressions.newestOf(IdFingerprint.of(impressionId));
        if (row < 0) {
            letWait(state, feedback, out);
            return;
        }
        state.history.felt(feedback, extractor.historyNeeds());
        if (!isAsked(feedback)) {
            out.count(FEEDBACK_NOT_ASKED, -1, 1);
            return;
        }
        int openRow = row - (state.seenImpressions.size() - state.open.size());
        boolean isUsed = openRow >= 0
                && fold(
                        state.open.get(openRow),
                        feedback,
                        feedback.eventTimeMillis() - state.open.eventTimeMillis(openRow));
        out.count(isUsed ? FEEDBACK_USED : FEEDBACK_AFTER_HORIZON, -1, 1);
    }

    private void letWait(UserState state, Feedback feedback, JoinOutput out) {
        if (state.waiting.size() >= spec.limits().waitingFeedback()) {
            orphanOldest(state, feedback.eventTimeMillis(), out);
        }
        out.count(FEEDBACK_WAITING, -1, 1);
        state.waiting.add(feedback);
    }

    private void orphan(UserState state, long now, JoinOutput out) {
        while (!state.waiting.isEmpty() && state.waiting.get(0).eventTimeMillis() + feedbackWait <= now) {
            orphanOldest(state, now, out);
        }
    }

    private void orphanOldest(UserState state, long now, JoinOutput out) {
        Feedback feedback = state.waiting.remove(0);
        out.count(FEEDBACK_WAITING, -1, -1);
        remember(state, feedback, now);
        if (isAsked(feedback)) {
            out.count(FEEDBACK_ORPHAN, -1, 1);
            out.orphan(feedback);
        } else {
            out.count(FEEDBACK_NOT_ASKED, -1, 1);
        }
    }

    /**
     * Folds feedback into the labels that ask for its kind. Returns false if it is after the horizon of all of them, and their
     * windows for corrections.
     */
    private boolean fold(OpenImpression impression, Feedback feedback, long delayMillis) {
        boolean isUsed = false;
        for (int task : tasksByKind.getOrDefault(feedback.kind(), NO_TASKS)) {
            if (delayMillis <= tasks[task].horizonMillis()) {
                isUsed = true;
                if (impression.status(task) == OpenImpression.OPEN) {
                    foldOne(impression, task, feedback);
                }
            } else if (delayMillis <= tasks[task].openMillis()
                    && OpenImpression.isCorrectable(impression.status(task))) {
                isUsed = true;
                foldOne(impression, task, feedback);
            }
        }
        return isUsed;
    }

    private void foldOne(OpenImpression impression, int task, Feedback feedback) {
        impression.setFolded(task, tasks[task].label().fold(impression.folded(task), feedback.value()));
        touch(impression);
    }

    private void touch(OpenImpression impression) {
        if (!impression.isTouched()) {
            impression.touch();
            touched.add(impression);
        }
    }

    /** Settles the labels whose horizon ends now; those whose window for corrections ends now stay as they are. */
    private void closeHorizons(UserState state, long now) {
        for (int h = 0; h < horizons.length; h++) {
            while (state.passed[h] < state.open.size()
                    && state.open.eventTimeMillis(state.passed[h]) + horizons[h] <= now) {
                OpenImpression impression = state.open.get(state.passed[h]++);
                for (int task : tasksByHorizon[h]) {
                    if (impression.status(task) == OpenImpression.OPEN) {
                        impression.setStatus(task, OpenImpression.SETTLED);
                        touch(impression);
                    }
                }
                for (int task : windowsByHorizon[h]) {
                    // What came in the window's last moment is decided after this.
                    if (OpenImpression.isCorrectable(impression.status(task))
                            && !tasks[task]
                                    .label()
                                    .isFinal(impression.folded(task), impression.videoDurationMillis())) {
                        impression.setStatus(task, OpenImpression.NOT_POSITIVE);
                        touch(impression);
                    }
                }
            }
        }
    }

    /** Decides what can be decided of the impressions touched in this moment. */
    private void decide(UserState state, long now, JoinOutput out) {
        if (touched.size() > 1) {
            touched.sort(Comparator.comparing(OpenImpression::impressionId));
        }
        for (OpenImpression impression : touched) {
            impression.untouch();
            List<TaskLabel> labels = decideTasks(state.userId, impression, now, out);
            if (!labels.isEmpty()) {
                out.example(new LabeledExample(
                        impression.impressionId(),
                        state.userId,
                        impression.videoId(),
                        impression.eventTimeMillis(),
                        now,
                        impression.features(),
                        labels));
            }
        }
        touched.clear();
    }

    /** The labels that are decided now. A task stands after the one it is given, so one pass does. */
    private List<TaskLabel> decideTasks(String userId, OpenImpression impression, long now, JoinOutput out) {
        List<TaskLabel> labels = new ArrayList<>(tasks.length);
        for (int task = 0; task < tasks.length; task++) {
            if (OpenImpression.isCorrectable(impression.status(task))) {
                correct(impression, task, labels, out);
            }
            if (OpenImpression.isDone(impression.status(task))) {
                continue;
            }
            LabelRule rule = tasks[task].label();
            if (impression.status(task) == OpenImpression.OPEN
                    && tasks[task].decide() == TaskRule.Decide.EARLY
                    && rule.isFinal(impression.folded(task), impression.videoDurationMillis())) {
                impression.setStatus(task, OpenImpression.SETTLED);
            }
            byte condition = given[task] < 0 ? OpenImpression.POSITIVE : impression.status(given[task]);
            if (OpenImpression.isDone(condition) && condition != OpenImpression.POSITIVE) {
                mask(impression, task, TASK_MASKED_GIVEN, out);
            } else if (impression.status(task) == OpenImpression.SETTLED && OpenImpression.isDone(condition)) {
                handOut(userId, impression, task, now, labels, out);
            }
        }
        return labels;
    }

    /** Decides one label for good, but for a correction. */
    private void handOut(
            String userId, OpenImpression impression, int task, long now, List<TaskLabel> labels, JoinOutput out) {
        TaskRule rule = tasks[task];
        float label = rule.label().label(impression.folded(task), impression.videoDurationMillis());
        out.count(TASK_OPEN, task, -1);
        if (label > 0) {
            impression.setStatus(task, OpenImpression.POSITIVE);
            out.count(TASK_LABELLED, task, 1);
            out.count(TASK_POSITIVE, task, 1);
            labels.add(new TaskLabel(rule.name(), label, 1f));
            return;
        }
        boolean isKept =
                rule.negatives().keepsAll() || rule.negatives().keeps(rule.name(), userId, impression.impressionId());
        impression.setStatus(
                task,
                now >= impression.eventTimeMillis() + rule.openMillis()
                        ? OpenImpression.NOT_POSITIVE
                        : isKept ? OpenImpression.CORRECTABLE : OpenImpression.CORRECTABLE_LEFT_OUT);
        out.count(isKept ? TASK_LABELLED : TASK_SAMPLED_OUT, task, 1);
        if (isKept) {
            NegativeSampling negatives = rule.negatives();
            labels.add(new TaskLabel(rule.name(), label, negatives.weight(), (float) negatives.keep(), 0f));
        }
    }

    /** Takes a negative back if late feedback has made it positive. */
    private void correct(OpenImpression impression, int task, List<TaskLabel> labels, JoinOutput out) {
        TaskRule rule = tasks[task];
        if (rule.label().isFinal(impression.folded(task), impression.videoDurationMillis())) {
            boolean wasTrained = impression.status(task) == OpenImpression.CORRECTABLE;
            float undone = wasTrained ? rule.negatives().weight() : 0f;
            impression.setStatus(task, OpenImpression.POSITIVE);
            out.count(TASK_CORRECTED, task, 1);
            labels.add(new TaskLabel(rule.name(), 1f, 1f, 1f, undone));
        }
    }

    private static void mask(OpenImpression impression, int task, LedgerLine reason, JoinOutput out) {
        impression.setStatus(task, OpenImpression.MASKED);
        out.count(TASK_OPEN, task, -1);
        out.count(reason, task, 1);
    }

    /** Lets go of impressions whose last horizon has ended. */
    private void forgetClosed(UserState state, long now) {
        int closed = 0;
        while (!state.open.isEmpty() && state.open.eventTimeMillis(0) + longestHorizon <= now) {
            state.open.removeOldest();
            closed++;
        }
        if (closed > 0) {
            for (int h = 0; h < horizons.length; h++) {
                state.passed[h] -= closed;
            }
        }
    }
}
