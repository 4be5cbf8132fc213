/**
 * What the benchmarks run: models, examples and the clock around them. Called by {@code freshet bench}, on its thread; nothing
 * that is learnt or served depends on it.
 */
@NullMarked
package freshet.jobs.bench;

import org.jspecify.annotations.NullMarked;
