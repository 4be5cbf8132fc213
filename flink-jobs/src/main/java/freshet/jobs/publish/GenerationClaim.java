package freshet.jobs.publish;

import java.io.Serializable;

/**
 * Where a trainer that starts as a new job gets its generation from: the number by which readers tell it from one that it
 * replaces.
 */
public interface GenerationClaim extends Serializable {

    /** For a trainer that nobody replaces, as in a replay: generation 0, so that equal events give equal manifests. */
    GenerationClaim UNFENCED = by -> 0;

    /**
     * Claims the next generation.
     *
     * @param by who claims, for people
     * @return larger than every number that was claimed before
     */
    long claim(String by) throws Exception;
}
