/** Tests of the files in {@code deploy}: against the schemas of those who read them, and against the code they speak of. */
@NullMarked
package freshet.jobs.deploy;

import org.jspecify.annotations.NullMarked;
