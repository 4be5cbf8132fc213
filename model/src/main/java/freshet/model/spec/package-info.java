/**
 * What a model is made of, read from the configuration once and checked as a whole: immutable records, safe on any thread.
 * Called by whoever builds a learner, a snapshot or a scorer.
 */
@NullMarked
package freshet.model.spec;

import org.jspecify.annotations.NullMarked;
