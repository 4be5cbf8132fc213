package freshet.jobs.source;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.serde.event.DeadLetter.Reason;
import org.junit.jupiter.api.Test;

class SourceTallyTest {

    @Test
    void talliesAddUpAndSurviveBeingSaved() {
        SourceTally one = new SourceTally();
        one.read(EventStream.IMPRESSIONS);
        one.decoded(EventStream.IMPRESSIONS);
        SourceTally two = new SourceTally();
        two.read(EventStream.IMPRESSIONS);
        two.dead(EventStream.IMPRESSIONS, Reason.BAD_TIME);

        two.read(EventStream.FEEDBACK);
        two.skipped(EventStream.FEEDBACK, "type is heartbeat");

        one.merge(SourceTally.decode(two.encode()));

        assertThat(one.imbalances()).isEmpty();
        assertThat(one.readCount(EventStream.IMPRESSIONS)).isEqualTo(2);
        assertThat(one.deadCount(EventStream.IMPRESSIONS, Reason.BAD_TIME)).isEqualTo(1);
        assertThat(one.skippedCount(EventStream.FEEDBACK)).isEqualTo(1);
        assertThat(SourceTally.decode(one.encode())).isEqualTo(one);
    }

    @Test
    void aRecordThatEndedNowhereIsFound() {
        SourceTally tally = new SourceTally();
        tally.read(EventStream.FEEDBACK);

        assertThat(tally.imbalances())
                .containsExactly(
                        "feedback at the source: found decoded 0 + dead 0 + skipped 0 + held 0 = 0, expected 1");
    }
}
