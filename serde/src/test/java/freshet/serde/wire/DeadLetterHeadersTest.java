package freshet.serde.wire;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.serde.event.DeadLetter;
import freshet.serde.event.DeadLetter.Reason;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class DeadLetterHeadersTest {

    @Test
    void headersAreConnectsNamesWithTextInThem() {
        DeadLetter letter =
                new DeadLetter("impressions", 3, 12_345_678_901L, Reason.BAD_TIME, "event_time: é", new byte[] {1, 2});
        Map<String, String> texts = new TreeMap<>();
        DeadLetterHeaders.of(letter)
                .forEach((name, value) -> texts.put(name, new String(value, StandardCharsets.UTF_8)));
        assertThat(texts)
                .containsExactly(
                        Map.entry("__connect.errors.exception.message", "event_time: é"),
                        Map.entry("__connect.errors.offset", "12345678901"),
                        Map.entry("__connect.errors.partition", "3"),
                        Map.entry("__connect.errors.reason", "bad_time"),
                        Map.entry("__connect.errors.stage", "VALUE_CONVERTER"),
                        Map.entry("__connect.errors.topic", "impressions"));
    }
}
