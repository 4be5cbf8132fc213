package freshet.model.quantile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RankTablesTest {
    /** Behind another feature's table: a quarter of the values is 0, a half below 2. */
    private static final float[] TABLES = {9, 9, 9, 9, 9, 0, 0, 2, 4, 8};

    @ParameterizedTest
    @CsvSource({"-1, 0", "0, 0.125", "1, 0.375", "2, 0.5", "3, 0.625", "7, 0.9375", "8, 1", "9, 1", "NaN, 1"})
    void ranksAreInterpolatedBetweenEdges(float value, float rank) {
        assertThat(RankTables.rank(TABLES, 5, 4, value)).isEqualTo(rank);
    }

    @ParameterizedTest
    @CsvSource({"-1, 0", "0, 0.5", "1, 1"})
    void anEmptyTableKnowsTheSignAlone(float value, float rank) {
        assertThat(RankTables.rank(new float[5], 0, 4, value)).isEqualTo(rank);
    }

    @Test
    void theInputsAreTheRankItsRootAndItsSquare() {
        float[] inputs = new float[4];
        RankTables.inputs(0.25f, inputs, 1);
        assertThat(inputs).containsExactly(0, 0.25f, 0.5f, 0.0625f);
    }

    @Test
    void greaterValuesNeverHaveSmallerRanks() {
        float before = -1;
        for (int i = -10; i < 100; i++) {
            float rank = RankTables.rank(TABLES, 5, 4, i / 10f);
            assertThat(rank).isGreaterThanOrEqualTo(before).isCloseTo(0.5f, within(0.5f));
            before = rank;
        }
    }
}
