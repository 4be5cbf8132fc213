package freshet.serde.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import freshet.serde.control.TrainerAnswer.Outcome;
import freshet.serde.control.TrainerCommand.Resume;
import freshet.serde.control.TrainerCommand.RollBack;
import freshet.serde.snapshot.SnapshotVersion;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ControlCodecTest {

    @Test
    void commandsAndAnswersSurviveTheirLines() throws BadControlException {
        TrainerCommand resume = new TrainerCommand(
                "r1", TrainerCommand.AS_SOON_AS_POSSIBLE, new Resume(), "ann", "labels are \"right\"\nnow");
        TrainerCommand rollBack = new TrainerCommand(
                "b1",
                1_650_906_000_000L,
                new RollBack(new SnapshotVersion(1_650_902_400_000L), "ab".repeat(32), 17),
                "ann",
                "");
        TrainerAnswer answer = new TrainerAnswer("b1", Outcome.REFUSED, 1_650_906_000_000L, "not there");
        assertThat(ControlCodec.command(ControlCodec.line(resume))).isEqualTo(resume);
        assertThat(ControlCodec.command(ControlCodec.line(rollBack))).isEqualTo(rollBack);
        assertThat(ControlCodec.answer(ControlCodec.line(answer))).isEqualTo(answer);
        assertThat(ControlCodec.line(resume)).doesNotContain("\n");
    }

    /** FORMAT.md has this line. */
    @Test
    void theLayoutIsThatOfTheFormat() {
        assertThat(ControlCodec.line(new TrainerCommand(
                        "b1", 0, new RollBack(new SnapshotVersion(1_650_902_400_000L), "ab", 17), "ann", "poison")))
                .isEqualTo("{\"format\":1,\"id\":\"b1\",\"command\":\"rollback\",\"version\":\"20220425T16Z\","
                        + "\"sha256\":\"ab\",\"offset\":17,\"at\":0,\"by\":\"ann\",\"reason\":\"poison\"}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "x",
                "{}",
                "{\"format\":2,\"id\":\"a\",\"command\":\"resume\"}",
                "{\"format\":1,\"command\":\"resume\"}",
                "{\"format\":1,\"id\":\"a\",\"command\":\"stop\"}",
                "{\"format\":1,\"id\":\"a\",\"command\":\"resume\",\"at\":-1}",
                "{\"format\":1,\"id\":\"a\",\"command\":\"rollback\",\"version\":\"yesterday\"}"
            })
    void whatIsNoneIsRefused(String line) {
        assertThatThrownBy(() -> ControlCodec.command(line)).isInstanceOf(BadControlException.class);
        assertThatThrownBy(() -> ControlCodec.answer(line)).isInstanceOf(BadControlException.class);
    }
}
