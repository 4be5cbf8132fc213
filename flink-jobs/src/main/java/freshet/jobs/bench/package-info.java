/**
 * What the benchmarks run: workloads, what we are compared with, and the clock around them. Called by {@code freshet bench}, on
 * its thread, or as the entry of a JVM that it starts; no job that learns or serves depends on it.
 */
@NullMarked
package freshet.jobs.bench;

import org.jspecify.annotations.NullMarked;
