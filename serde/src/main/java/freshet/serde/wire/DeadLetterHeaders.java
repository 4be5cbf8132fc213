package freshet.serde.wire;

import freshet.serde.event.DeadLetter;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The Kafka headers of a dead letter whose value is the raw record, as Kafka Connect names them, so that the tools that read
 * its dead letter queues read ours. Values are UTF-8 text, numbers in decimal. Of what Connect has no name for,
 * {@link #REASON} is the word that our metrics and ledger use. Stateless, safe on any thread.
 */
public final class DeadLetterHeaders {
    private static final String PREFIX = "__connect.errors.";

    public static final String TOPIC = PREFIX + "topic";
    public static final String PARTITION = PREFIX + "partition";
    public static final String OFFSET = PREFIX + "offset";

    /** What was being done: always {@code VALUE_CONVERTER}, Connect's word for decoding a value. */
    public static final String STAGE = PREFIX + "stage";

    public static final String REASON = PREFIX + "reason";

    /** What was found and what was expected. */
    public static final String DETAIL = PREFIX + "exception.message";

    private DeadLetterHeaders() {}

    /** Names and values, sorted by name. */
    public static SortedMap<String, byte[]> of(DeadLetter letter) {
        SortedMap<String, byte[]> headers = new TreeMap<>();
        headers.put(TOPIC, utf8(letter.topic()));
        headers.put(PARTITION, utf8(Integer.toString(letter.partition())));
        headers.put(OFFSET, utf8(Long.toString(letter.offset())));
        headers.put(STAGE, utf8("VALUE_CONVERTER"));
        headers.put(REASON, utf8(letter.reason().label()));
        headers.put(DETAIL, utf8(letter.detail()));
        return Collections.unmodifiableSortedMap(headers);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
