/** Tests of sealed checkpoints. */
@NullMarked
package freshet.jobs.seal;

import org.jspecify.annotations.NullMarked;
