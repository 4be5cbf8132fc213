package freshet.jobs.cli;

import com.fasterxml.jackson.databind.JsonNode;
import freshet.jobs.config.FreshetConfig;
import freshet.jobs.replay.ReplayJob;
import freshet.jobs.replay.ReplayOptions;
import freshet.jobs.replay.ReplayResult;
import freshet.jobs.report.Report;
import freshet.serde.wire.Decimals;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code freshet replay}: a bounded run over files. */
@Command(
        name = "replay",
        description = {
            "Runs events from files through the operators of both jobs, to the end, and writes what came out:"
                    + " examples.jsonl, predictions.csv, metrics.jsonl, summary.json, ledger.json, snapshots and report.html;"
                    + " and what was set aside, with the reason: dead_letters.jsonl, late.jsonl, orphans.jsonl.",
            "The same events and configuration give the same bytes, whatever the parallelism."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:done",
            "1:done, but the ledger does not add up, or the job failed",
            "2:called wrongly, or a file cannot be used"
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class ReplayCommand implements Callable<Integer> {
    @Option(
            names = "--events",
            required = true,
            paramLabel = "DIR",
            description =
                    "Folder with impressions.jsonl[.gz], feedback.jsonl[.gz] and perhaps history.jsonl[.gz]; if there is"
                            + " videos.jsonl[.gz] too, the model first learns what the histories say (a warm start).")
    @SuppressWarnings("NullAway.Init") // required: picocli sets it
    private Path events;

    @Option(
            names = "--out",
            required = true,
            paramLabel = "DIR",
            description = "Folder for the outputs; those of an earlier replay in it are replaced.")
    @SuppressWarnings("NullAway.Init") // required: picocli sets it
    private Path out;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "The deployment (default: the one that ships for the importer that made the events).")
    private @Nullable Path config;

    @Option(
            names = "--parallelism",
            paramLabel = "N",
            defaultValue = "1",
            description = "Subtasks of the join (default: ${DEFAULT-VALUE}).")
    private int parallelism;

    @Option(
            names = "--from",
            paramLabel = "TIME",
            description = "Also score, exactly, the impressions shown from here on: such as 2022-04-26T00:00+08:00.")
    private @Nullable OffsetDateTime from;

    @Option(names = "--to", paramLabel = "TIME", description = "With --from: the impressions before this.")
    private @Nullable OffsetDateTime to;

    @Option(
            names = "--kafka",
            description =
                    "Send the events through a Kafka broker in this process, and run the two jobs with it between them;"
                            + " the same bytes come out, but for the places of dead letters.")
    private boolean overKafka;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        if (!Files.isDirectory(events)) {
            throw new ParameterException(spec.commandLine(), "--events: there is no folder " + events);
        }
        if (parallelism < 1) {
            throw new ParameterException(
                    spec.commandLine(), "--parallelism: found " + parallelism + ", expected at least 1");
        }
        if (to != null && (from == null || !to.isAfter(from))) {
            throw new ParameterException(
                    spec.commandLine(), "--to: found " + to + ", expected a time after that of --from: " + from);
        }
        FreshetConfig deployment = Configs.forEvents(config, events, spec.commandLine());
        PrintWriter err = spec.commandLine().getErr();
        err.println("replaying " + events + " with the configuration " + deployment.name());
        Files.createDirectories(out);
        long startNanos = System.nanoTime();
        ReplayOptions options = new ReplayOptions(events, out, deployment, parallelism);
        ReplayResult result = overKafka ? ReplayJob.runOverKafka(options) : ReplayJob.run(options);
        if (from != null) {
            long toMillis = to == null ? Long.MAX_VALUE : to.toInstant().toEpochMilli();
            result = ReplayJob.scoreWindow(result, deployment, from.toInstant().toEpochMilli(), toMillis);
        }
        Report.read("Freshet: replay of " + deployment.name(), out).write(out);
        Duration took = Duration.ofNanos(System.nanoTime() - startNanos);
        err.println("took " + Decimals.text(took.toMillis() / 1000.0, 1) + " s");
        printTasks(result.summary().path("tasks"), err);
        if (from != null) {
            err.println("shown from " + from + (to == null ? "" : " to " + to) + ":");
            printTasks(result.summary().path("window").path("tasks"), err);
        }
        JsonNode last = result.summary().path("last_snapshot");
        err.println(result.summary().path("snapshots").asLong() + " snapshots, the last "
                + last.path("version").asText("-") + " " + last.path("sha256").asText(""));
        JsonNode setAside = result.summary().path("set_aside");
        err.println("set aside: " + setAside.path("dead_letters").asLong() + " dead letters, "
                + setAside.path("late").asLong() + " late events, "
                + setAside.path("orphans").asLong() + " orphans");
        result.imbalances().forEach(imbalance -> err.println("the ledger does not add up: " + imbalance));
        spec.commandLine().getOut().println(out);
        return result.imbalances().isEmpty() ? 0 : Main.FAILED;
    }

    private static void printTasks(JsonNode tasks, PrintWriter err) {
        err.println(String.format(
                Locale.ROOT,
                "%-16s %9s %9s %7s %8s %7s %11s %7s %10s",
                "task",
                "labels",
                "positives",
                "AUC",
                "log loss",
                "NE",
                "calibration",
                "MSE",
                "as served"));
        for (Map.Entry<String, JsonNode> task : tasks.properties()) {
            JsonNode values = task.getValue();
            err.println(String.format(
                    Locale.ROOT,
                    "%-16s %9s %9s %7s %8s %7s %11s %7s %10s",
                    task.getKey(),
                    values.path("count").asText("-"),
                    number(values, "positives", 0),
                    number(values, "auc", 4),
                    number(values, "log_loss", 4),
                    number(values, "ne", 4),
                    number(values, "calibration", 4),
                    number(values, "mse", 4),
                    number(values, values.has("served_mse") ? "served_mse" : "served_auc", 4)));
        }
    }

    private static String number(JsonNode values, String name, int decimals) {
        JsonNode value = values.path(name);
        return value.isNumber() ? Decimals.text(value.asDouble(), decimals) : "-";
    }
}
