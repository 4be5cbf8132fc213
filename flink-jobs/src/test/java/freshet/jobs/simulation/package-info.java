/**
 * The deterministic simulator: the cores of all jobs and a server on topics in memory, one step at a time in an order drawn from a seed,
 * with faults between any two steps. One thread.
 */
@NullMarked
package freshet.jobs.simulation;

import org.jspecify.annotations.NullMarked;
