/**
 * Decides which snapshots servers may load: each is loaded as a server would and compared with the one that serves. One thread.
 */
@NullMarked
package freshet.jobs.gate;

import org.jspecify.annotations.NullMarked;
