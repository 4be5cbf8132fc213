package freshet.serde.wire;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.serde.event.DeadLetter.Reason;

/** What tests say of records that were refused. */
final class Refusals {
    private Refusals() {}

    /** The record was refused for this reason, in a detail that holds these words. */
    static void assertRefused(Decoded<?> decoded, Reason reason, String words) {
        assertThat(decoded).isInstanceOfSatisfying(Decoded.Bad.class, bad -> {
            assertThat(bad.reason()).isEqualTo(reason);
            assertThat(bad.detail()).contains(words);
        });
    }
}
