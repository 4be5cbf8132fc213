/**
 * Bytes to values and back: Avro single-object encoding, Confluent's wire format and JSON. Decoding never throws: it
 * yields a value or a reason. Codecs are not thread-safe unless they say so; make one per thread.
 */
@NullMarked
package freshet.serde.wire;

import org.jspecify.annotations.NullMarked;
