/**
 * Joins impressions with the feedback that follows and gives them features and labels: one operator keyed by user around a
 * core that knows nothing of Flink. {@link freshet.jobs.join.JoinCore} decides, {@link freshet.jobs.join.UserState} is all
 * it remembers of a user, {@link freshet.jobs.join.Ledger} is where every record ends. The classes here are confined to the
 * task thread of their operator, except the specifications, which are immutable.
 */
@NullMarked
package freshet.jobs.join;

import org.jspecify.annotations.NullMarked;
