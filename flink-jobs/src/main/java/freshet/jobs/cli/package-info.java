/**
 * The {@code freshet} command: picocli commands, thin over what does the work. Data goes to standard output, progress and
 * messages to standard error. Exit codes: 0 done, 1 done but the answer is no or the work failed, 2 called wrongly or the
 * machine is not fit for it.
 */
@NullMarked
package freshet.jobs.cli;

import org.jspecify.annotations.NullMarked;
