package freshet.jobs.job;

/**
 * The uids under which a savepoint remembers the state of each operator. Once released, an id is never changed and never
 * given to another operator: its state would be lost, or restored into the wrong one. Sources have theirs from
 * {@link freshet.jobs.source.EventSources}.
 */
public final class OperatorIds {
    /** Followed by a dash and the source's name. */
    public static final String SET_ASIDE = "set-aside";

    /** Without state; followed by a dash and the id of what the events come from. */
    public static final String AS_BYTES = "as-bytes";

    public static final String JOIN = "join";
    public static final String BESIDE_VIEWS = "beside-views";
    public static final String VIDEO_EVENTS = "video-events";
    public static final String VIDEO_VIEWS = "video-views";
    public static final String CHANNEL_EVENTS = "channel-events";
    public static final String CHANNEL_VIEWS = "channel-views";
    public static final String WITHOUT_CHANNEL = "without-channel";
    public static final String TRAIN = "train";
    public static final String CUTS = "cuts";
    public static final String PUBLISH = "publish";
    public static final String SNAPSHOT_SINK = "snapshot-sink";
    public static final String ANSWERS = "answers";
    public static final String ANSWER_SINK = "answer-sink";
    public static final String FRONTIERS_TO_PARTITIONS = "frontiers-to-partitions";
    public static final String EXAMPLES_SINK = "examples-sink";
    public static final String DEAD_LETTER_RECORDS = "dead-letter-records";
    public static final String LATE_RECORDS = "late-records";
    public static final String ORPHAN_RECORDS = "orphan-records";
    public static final String SET_ASIDE_SINK = "set-aside-sink";

    public static final String USER_FEATURES_SINK = "user-features-sink";

    public static final String GATE_EXAMPLES = "gate-examples";
    public static final String GATE = "gate";

    private OperatorIds() {}
}
