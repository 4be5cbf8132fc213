package freshet.jobs.join;

import static freshet.jobs.join.LedgerLine.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class LedgerTest {
    private static Ledger ledger() {
        Ledger ledger = new Ledger(List.of("click", "like"));
        ledger.add(IMPRESSION_READ, -1, 3);
        ledger.add(IMPRESSION_ACCEPTED, -1, 2);
        ledger.add(IMPRESSION_LATE, -1, 1);
        for (int task = 0; task < 2; task++) {
            ledger.add(TASK_LABELLED, task, 1);
            ledger.add(TASK_OPEN, task, 1);
        }
        return ledger;
    }

    @Test
    void addsUp() {
        assertThat(ledger().imbalances()).isEmpty();
    }

    /** No line can go wrong unseen, but the three that are of no equation. */
    @Test
    void everyLineThatIsWrongIsNoticed() {
        for (LedgerLine line : LedgerLine.values()) {
            Ledger ledger = ledger();
            ledger.add(line, 1, 1);
            boolean isFree = line == IDS_FORGOTTEN || line == TASK_POSITIVE || line == TASK_CORRECTED;
            assertThat(ledger.imbalances().isEmpty()).as(line.name()).isEqualTo(isFree);
        }
    }

    @Test
    void anImbalanceSaysWhatWasFoundAndWhatWasExpected() {
        Ledger ledger = ledger();
        ledger.add(TASK_OPEN, 1, -3);
        assertThat(ledger.imbalances())
                .containsExactly(
                        "labels of task like: found open at -2, expected at least 0",
                        "labels of task like: found labelled 1 + masked_duration_unknown 0 + masked_given 0"
                                + " + masked_limit 0 + masked_day_cap 0 + masked_too_large 0 + masked_before_task 0"
                                + " + sampled_out 0 + open -2 = -1, expected 2");
    }

    @Test
    void subtasksAddUpToOneLedger() {
        Ledger sum = ledger();
        sum.merge(ledger());
        assertThat(sum.count(IMPRESSION_READ)).isEqualTo(6);
        assertThat(sum.count(TASK_OPEN, 1)).isEqualTo(2);
        assertThat(sum.imbalances()).isEmpty();
        assertThatThrownBy(() -> sum.merge(new Ledger(List.of("click")))).hasMessageContaining("found tasks [click]");
    }

    @Test
    void comesBackFromItsBytes() {
        Ledger ledger = ledger();
        ledger.add(FEEDBACK_WAITING, -1, -1);
        assertThat(Ledger.decode(ledger.encode())).isEqualTo(ledger).hasSameHashCodeAs(ledger);
        assertThat(Ledger.decode(ledger.encode())).isNotEqualTo(ledger());
        byte[] newer = ledger.encode();
        newer[0] = 2;
        assertThatThrownBy(() -> Ledger.decode(newer)).hasMessageContaining("found version 2");
    }

    @Test
    void jsonNamesEveryLineInAFixedOrder() {
        String json = ledger().toJson().toString();
        assertThat(json)
                .startsWith("{\"impression_read\":3,\"impression_accepted\":2,\"impression_duplicate\":0,")
                .endsWith("\"like\":{\"open\":1,\"labelled\":1,\"positive\":0,\"masked_duration_unknown\":0,"
                        + "\"masked_given\":0,\"masked_limit\":0,\"masked_day_cap\":0,\"masked_too_large\":0,"
                        + "\"masked_before_task\":0,\"sampled_out\":0,\"corrected\":0}}}");
    }
}
