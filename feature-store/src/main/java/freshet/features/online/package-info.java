/**
 * A server's side of the features: a store on the server's disk that follows what the examples job writes for servers, and the
 * extraction of a request's features from it, by the code that the job uses. {@link freshet.features.online.OnlineFeatures} is
 * what a ranker asks, on any thread; {@link freshet.features.online.FeatureFollower} has a thread of its own.
 */
@NullMarked
package freshet.features.online;

import org.jspecify.annotations.NullMarked;
