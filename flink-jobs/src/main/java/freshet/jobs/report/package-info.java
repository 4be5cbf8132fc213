/**
 * {@code report.html}: one self-contained page about a replay or a demo, with charts drawn as SVG, for light and dark
 * screens and for phones. A pure function of the files it is about: no clock, no network, no script. Called at the end of
 * a run, on one thread.
 */
@NullMarked
package freshet.jobs.report;

import org.jspecify.annotations.NullMarked;
