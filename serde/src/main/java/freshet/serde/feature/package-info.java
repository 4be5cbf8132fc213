/**
 * What servers are told of viewers, videos and channels so that they can compute features themselves. Immutable values, safe
 * on any thread; written by the examples job, read by online stores.
 */
@NullMarked
package freshet.serde.feature;

import org.jspecify.annotations.NullMarked;
