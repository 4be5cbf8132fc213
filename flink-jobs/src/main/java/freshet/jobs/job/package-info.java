/**
 * The graphs of the jobs: which operators, in which order, under which ids. Called where a job is put together, on the
 * client's thread; nothing here runs on a TaskManager but the few functions beside a sink.
 */
@NullMarked
package freshet.jobs.job;

import org.jspecify.annotations.NullMarked;
