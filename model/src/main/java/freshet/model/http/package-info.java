/**
 * The ranker over HTTP, in the words of the Open Inference Protocol (KServe V2), on the JDK's own server. Reading and writing
 * tensors is pure; {@link freshet.model.http.RankingServer} has a pool of threads, and everything here but its constructor may
 * be called on any. For servers; never loaded in a trainer.
 */
@NullMarked
package freshet.model.http;

import org.jspecify.annotations.NullMarked;
