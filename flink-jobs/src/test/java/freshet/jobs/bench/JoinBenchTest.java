package freshet.jobs.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;

class JoinBenchTest {
    private final StringWriter progress = new StringWriter();

    private static JoinMeasurement measured(JoinVariant variant, int viewers, long impressions) {
        long perSecond = 1000L * (1 + variant.ordinal());
        return new JoinMeasurement(variant.label(), viewers, impressions, perSecond, 1, 1, 0.1, 0.2, 1500, 3, 20, 40);
    }

    @Test
    void saysWhatOtherToolsRead() throws InterruptedException {
        JoinBench bench = new JoinBench(1000, new PrintWriter(progress), JoinBenchTest::measured);
        bench.measure(
                List.of(
                        JoinVariant.SOURCE_ONLY,
                        JoinVariant.FRESHET_ROCKSDB,
                        JoinVariant.FRESHET_HEAP,
                        JoinVariant.KEYED_FUNCTION_ROCKSDB,
                        JoinVariant.KEYED_FUNCTION_HEAP,
                        JoinVariant.INTERVAL_JOIN_HEAP),
                List.of(200_000, 20_000));
        ObjectNode json = bench.toJson();
        assertThat(json.path("events_per_cpu_second").toString())
                .isEqualTo("{\"source_only\":1000,\"freshet_rocksdb\":2000,\"freshet_heap\":3000,"
                        + "\"keyed_function_rocksdb\":4000,\"keyed_function_heap\":5000,\"interval_join_heap\":6000}");
        assertThat(json.path("ratio_to_keyed_function").path("freshet_rocksdb").asDouble())
                .isEqualTo(0.5);
        assertThat(json.path("state_bytes_per_user").asLong()).isEqualTo(1500);
        assertThat(json.path("rocksdb_reads_per_event").asDouble()).isEqualTo(0.1);
        assertThat(json.path("rocksdb_writes_per_event").asDouble()).isEqualTo(0.2);
        assertThat(json.path("freshet_rocksdb_cpu_micros_per_event_by_users").size())
                .isEqualTo(2);
        assertThat(json.path("failed").isEmpty()).isTrue();
    }

    @Test
    void aVariantThatFailsIsNamedAndDoesNotStopTheOthers() throws InterruptedException {
        JoinBench bench = new JoinBench(1000, new PrintWriter(progress), (variant, viewers, impressions) -> {
            if (variant == JoinVariant.KEYED_FUNCTION_ROCKSDB || viewers == 2_000_000) {
                throw new IOException("out of memory");
            }
            return measured(variant, viewers, impressions);
        });
        bench.measure(
                List.of(JoinVariant.KEYED_FUNCTION_ROCKSDB, JoinVariant.FRESHET_ROCKSDB), List.of(2_000_000, 200_000));
        assertThat(bench.measured()).isEqualTo(1);
        ObjectNode json = bench.toJson();
        assertThat(json.path("events_per_cpu_second").path("freshet_rocksdb").asLong())
                .isEqualTo(2000);
        assertThat(json.path("failed").toString())
                .isEqualTo(
                        "{\"freshet_rocksdb 2000000\":\"out of memory\",\"keyed_function_rocksdb\":\"out of memory\"}");
    }

    @Test
    void saysWhatIsMeasuredOnLess() throws InterruptedException {
        JoinBench bench = new JoinBench(5_000_000, new PrintWriter(progress, true), JoinBenchTest::measured);
        bench.measure(
                List.of(JoinVariant.FRESHET_ROCKSDB, JoinVariant.INTERVAL_JOIN_ROCKSDB), List.of(200_000, 20_000));
        assertThat(bench.toJson().path("runs").findValuesAsText("impressions"))
                .containsExactly("5000000", "2000000", "100000");
        assertThat(progress.toString()).contains("on 2,000,000 impressions and not 5,000,000");
    }
}
