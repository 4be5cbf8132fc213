package freshet.jobs.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import freshet.jobs.bench.RankBenchmark.Answerer;
import freshet.jobs.bench.RankBenchmark.Result;
import freshet.serde.example.FeatureValues;
import java.util.List;
import org.junit.jupiter.api.Test;

class RankReportTest {
    private static final List<Result> RESULTS = List.of(
            new Result(Answerer.BARE, 1, 0, 1000, 400, 500, 900, 400, 2500),
            new Result(Answerer.RANKER, 1, 0, 1000, 550, 700, 1000, 500, 1800),
            new Result(Answerer.BARE, 2, 0, 2000, 410, 510, 910, 410, 4900),
            new Result(Answerer.RANKER, 2, 3, 2000, 560, 4200, 1000, 615, 3500));

    @Test
    void ratiosAreToWhatRanOnAsManyThreads() {
        JsonNode json = RankReport.json(RESULTS);

        assertThat(json.path("overhead").asDouble()).isEqualTo(0.25);
        assertThat(json.path("results").findValuesAsText("cpu_over_bare"))
                .containsExactly("1.000", "1.250", "1.000", "1.500");
        assertThat(json.path("results").get(3).path("swaps").asInt()).isEqualTo(3);
        assertThat(RankReport.table(RESULTS))
                .anyMatch(line -> line.contains("ranker ") && line.contains("4.20"))
                .last()
                .asString()
                .contains("25 %");
    }

    @Test
    void requestsShareWhatBelongsToTheViewerAndNothingElse() {
        List<FeatureValues> shared = StandardModel.request(1, 3, 20, StandardModel.Viewer.SHARED);
        List<FeatureValues> own = StandardModel.request(1, 3, 20, StandardModel.Viewer.OWN);

        int same = 0;
        for (int feature = 0; feature < 26; feature++) {
            if (shared.get(0).ids()[feature] == shared.get(19).ids()[feature]) {
                same++;
            } else {
                assertThat(shared.get(19).ids()[feature]).isEqualTo(own.get(19).ids()[feature]);
            }
        }
        assertThat(same).as("no position, device, 9 single ids, 4 bags").isEqualTo(15);
        assertThat(own.get(0).ids()[25]).isNotSameAs(own.get(19).ids()[25]);
        assertThat(shared.get(0).ids()[0]).isEmpty();
    }
}
