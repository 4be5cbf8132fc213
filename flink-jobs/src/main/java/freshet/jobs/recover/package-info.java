/**
 * What a job can go on from: finds retained checkpoints and savepoints, looks whether each is whole, and chooses. Reads {@code _metadata}
 * with Flink's own code; deletes and changes nothing. {@link freshet.jobs.recover.RecoveryPlan} decides and is plain Java. For the
 * command line; one thread.
 */
@NullMarked
package freshet.jobs.recover;

import org.jspecify.annotations.NullMarked;
