/**
 * How operators lay out what they save: versions, blocks, and one long value in pieces. For the operators' cores; the operator's
 * thread.
 */
@NullMarked
package freshet.jobs.state;

import org.jspecify.annotations.NullMarked;
