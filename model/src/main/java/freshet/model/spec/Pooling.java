package freshet.model.spec;

/** How the rows of a feature with several ids become one. A feature without ids gives zeros either way. */
public enum Pooling {
    MEAN,
    SUM
}
