/**
 * What a server runs: a ranker over ONNX Runtime, and a subscriber that follows the snapshot topic and swaps rankers under
 * load. For servers and the gate; never loaded in a trainer, because of the native code. {@link freshet.model.serve.Ranker}
 * and {@link freshet.model.serve.LiveRanker} are safe on any thread; a subscriber has one of its own.
 */
@NullMarked
package freshet.model.serve;

import org.jspecify.annotations.NullMarked;
