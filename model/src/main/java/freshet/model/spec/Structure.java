package freshet.model.spec;

/** What the tasks of a network share. The rows of the embeddings they share always. */
public enum Structure {
    /** Bottom and experts; a gate per task mixes the experts for its tower (Ma et al. 2018). */
    MMOE,
    /** The bottom, on which every tower stands (Caruana 1997). */
    SHARED_BOTTOM,
    /** No dense parameter: each task has cross layers, bottom and tower of its own. */
    SINGLE_TASK
}
