/** Tests that kill processes. Slow, so only in the profile {@code faults}. */
@NullMarked
package freshet.jobs.faults;

import org.jspecify.annotations.NullMarked;
