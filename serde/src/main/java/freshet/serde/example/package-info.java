/**
 * Labelled examples: the features of an impression as of its event time, with the labels that have been decided. Immutable
 * values, safe on any thread; written by the examples job, read by trainers.
 */
@NullMarked
package freshet.serde.example;

import org.jspecify.annotations.NullMarked;
