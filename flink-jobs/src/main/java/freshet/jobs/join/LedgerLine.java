package freshet.jobs.join;

import java.util.Locale;

/** A line of the {@link Ledger}: one way for a record, or for a label, to end or to wait. */
public enum LedgerLine {
    IMPRESSION_READ,
    /** Joined: its labels are counted by task. */
    IMPRESSION_ACCEPTED,
    IMPRESSION_DUPLICATE,
    /** Came when its time had been processed; handed out as late. */
    IMPRESSION_LATE,
    /** Came when its user had too many events pending; handed out as late. */
    IMPRESSION_REFUSED,
    /** Waits for the watermark: goes down again. */
    IMPRESSION_PENDING,

    FEEDBACK_READ,
    /** Answers an impression within the horizon of a task that asks for its kind. */
    FEEDBACK_USED,
    FEEDBACK_DUPLICATE,
    FEEDBACK_LATE,
    FEEDBACK_REFUSED,
    /** Waited for its impression, which did not come. */
    FEEDBACK_ORPHAN,
    /** Answers an impression whose labels of its kind are closed. */
    FEEDBACK_AFTER_HORIZON,
    /** Of a kind that no task asks for; it still is part of the user's history. */
    FEEDBACK_NOT_ASKED,
    FEEDBACK_PENDING,
    /** Waits for its impression: goes down again. */
    FEEDBACK_WAITING,

    HISTORY_READ,
    HISTORY_APPLIED,
    HISTORY_DUPLICATE,
    HISTORY_LATE,
    HISTORY_REFUSED,
    HISTORY_PENDING,

    /** Ids forgotten before their window ended, since the user had too many. Not part of an equation. */
    IDS_FORGOTTEN,

    /** Undecided labels: goes down again. */
    TASK_OPEN(true),
    TASK_LABELLED(true),
    /** Those of the labelled whose label is positive. Not part of an equation. */
    TASK_POSITIVE(true),
    /** No label, because a ratio of the video's duration was asked and that is unknown. */
    TASK_MASKED_DURATION_UNKNOWN(true),
    /** No label, because the task it is given was not fulfilled, or itself has none. */
    TASK_MASKED_GIVEN(true),
    /** No label, because the user had too many impressions open. */
    TASK_MASKED_LIMIT(true),
    /** No label, because the user had too many impressions that day. */
    TASK_MASKED_DAY_CAP(true),
    /** No label, because the features are too large for a record of the examples topic. */
    TASK_MASKED_TOO_LARGE(true),
    /** No label, because the impression was accepted before the configuration had the task. */
    TASK_MASKED_BEFORE_TASK(true),
    /** A negative that down-sampling left out. */
    TASK_SAMPLED_OUT(true),
    /** Those of the labelled whose negative was taken back by later feedback. Not part of an equation. */
    TASK_CORRECTED(true);

    private final boolean perTask;

    LedgerLine() {
        this(false);
    }

    LedgerLine(boolean perTask) {
        this.perTask = perTask;
    }

    /** Whether the line is counted for each task. */
    public boolean isPerTask() {
        return perTask;
    }

    /** The name in metrics and files: lower case with underscores, without the word task. */
    public String label() {
        String name = name().toLowerCase(Locale.ROOT);
        return perTask ? name.substring("task_".length()) : name;
    }
}
