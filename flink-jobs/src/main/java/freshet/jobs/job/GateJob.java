package freshet.jobs.job;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.gate.GateGraph;
import freshet.jobs.source.EventSources.Until;
import freshet.jobs.source.ExampleSource;
import freshet.jobs.source.ReadExample;
import freshet.jobs.source.SnapshotSource;
import freshet.jobs.type.FreshetTypes;
import freshet.serde.example.ExampleMessage;
import java.nio.file.Path;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * The gate job: snapshots and examples from Kafka in, decisions to the registry out. A job of its own, because it runs native code and
 * because a gate that fails must not stop the learning.
 */
public final class GateJob {
    private GateJob() {}

    /** For Flink's application mode: {@code --config FILE}. */
    public static void main(String[] args) throws Exception {
        if (args.length != 2 || !args[0].equals("--config")) {
            throw new IllegalArgumentException(
                    "gate job: found the arguments '" + String.join(" ", args) + "', expected --config FILE");
        }
        FreshetConfig config = FreshetConfig.load(Path.of(args[1]));
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        build(env, config, Until.STOPPED);
        env.execute(name(config));
    }

    /** The job's name on the dashboard. */
    public static String name(FreshetConfig config) {
        return "Freshet gate: " + config.name();
    }

    /**
     * Builds the job in an environment, whose topics must exist.
     *
     * @param until when it ends by itself
     */
    public static void build(StreamExecutionEnvironment env, FreshetConfig config, Until until) {
        JobSettings.apply(env);
        // What is no example the trainer sets aside; it would be twice in the dead letters.
        DataStream<ExampleMessage> examples = ExampleSource.kafka(env, config, "gate", until)
                .<ExampleMessage>flatMap((read, out) -> {
                    if (read instanceof ReadExample.Good good) {
                        out.collect(good.message());
                    }
                })
                .returns(FreshetTypes.EXAMPLE_MESSAGE)
                .name("Good examples")
                .uid(OperatorIds.GATE_EXAMPLES)
                .setDescription("Passes over records that are neither examples nor frontiers");
        GateGraph.build(config, SnapshotSource.kafka(env, config, until), examples, OperatorIds.GATE);
    }
}
