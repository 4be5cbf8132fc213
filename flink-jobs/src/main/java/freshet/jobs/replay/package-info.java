/**
 * {@code freshet replay}: the operators of the two jobs in one bounded graph over files, and its outputs, byte for byte the
 * same for the same events and configuration. Called by the command line and by tests; the sink runs on its task's thread.
 */
@NullMarked
package freshet.jobs.replay;

import org.jspecify.annotations.NullMarked;
