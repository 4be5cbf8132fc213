/**
 * What all viewers do with a video or a channel, put into impressions before they meet their viewer: only in the graph when a
 * feature asks for it. {@link freshet.jobs.view.ViewCore} decides, on one key's events in event order; the operator gives it
 * state, time and order, on the task's thread.
 */
@NullMarked
package freshet.jobs.view;

import org.jspecify.annotations.NullMarked;
