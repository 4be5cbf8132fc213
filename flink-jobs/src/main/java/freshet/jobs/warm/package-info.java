/**
 * What a trainer learns before its first example: histories from before the stream, as the examples they once were. The
 * operator of the trainer calls it, on its own thread.
 */
@NullMarked
package freshet.jobs.warm;

import org.jspecify.annotations.NullMarked;
