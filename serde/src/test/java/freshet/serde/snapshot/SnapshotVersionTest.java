package freshet.serde.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SnapshotVersionTest {

    @Test
    void isTheHourInUtc() throws Exception {
        SnapshotVersion version = new SnapshotVersion(1_650_902_400_000L);
        assertThat(version).hasToString("20220425T16Z");
        assertThat(SnapshotVersion.parse("20220425T16Z")).isEqualTo(version);
    }

    @Test
    void tellsMinutesOnlyWhereThereAreAny() throws Exception {
        SnapshotVersion version = new SnapshotVersion(1_650_902_400_000L + 30 * 60_000);
        assertThat(version).hasToString("20220425T1630Z");
        assertThat(SnapshotVersion.parse("20220425T1630Z")).isEqualTo(version);
        assertThat(version).isGreaterThan(SnapshotVersion.parse("20220425T16Z"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "20220425",
                "20220431T16Z",
                "20220425T25Z",
                "20220425T1600Z",
                "../../etc/passwd",
                "20220425T16"
            })
    void refusesWhatIsNoHourOrHasASecondSpelling(String text) {
        assertThatThrownBy(() -> SnapshotVersion.parse(text))
                .isInstanceOf(BadSnapshotException.class)
                .hasMessageContaining("20220425T16Z");
    }

    @Test
    void refusesATimeThatIsNoWholeMinute() {
        assertThatThrownBy(() -> new SnapshotVersion(1)).hasMessageContaining("whole minute");
    }
}
