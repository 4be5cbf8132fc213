package freshet.features.spec;

/** Whose events a feature looks at, where it is not the viewer's: those of all viewers. */
public enum View {
    /** With the impression's video. */
    VIDEO,
    /** With the videos of the impression's channel. */
    CHANNEL
}
