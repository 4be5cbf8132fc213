package freshet.features.spec;

/** Which of a viewer's earlier events a measure looks at. */
public enum Scope {
    /** All of them. */
    ANY,
    /** Those of the impression's channel. */
    CHANNEL,
    /** Those of the impression's video. */
    VIDEO
}
