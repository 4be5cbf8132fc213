package freshet.jobs.cli;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.rank.LineRanker;
import freshet.jobs.rank.RankService;
import freshet.model.http.RankingServer;
import freshet.model.serve.FusionProfiles;
import freshet.model.serve.SubscriberOptions;
import freshet.model.snapshot.SnapshotWriter;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code freshet rank}: scores requests with a snapshot, as a server does. */
@Command(
        name = "rank",
        description = {
            "Scores requests with a snapshot as a server does, with ONNX Runtime: one from a folder, or those of a deployment's"
                    + " topics as they come.",
            "A request is one line of JSON: an impression as in impressions.jsonl; or an example as in examples.jsonl, whose"
                    + " features are taken as they stand. One line of scores per request.",
            "What is known of the viewer of an impression comes from --features; without it every viewer counts as new.",
            "With --http a server speaks the Open Inference Protocol (KServe V2): POST /v2/models/NAME/infer with a tensor for"
                    + " each feature. POST /v1/rank takes lines as above. GET /metrics is for Prometheus. It runs until it is"
                    + " stopped, and then finishes what it has begun."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:every request was scored",
            "1:some lines were no requests; they are named on standard error",
            "2:called wrongly, or the snapshot is bad"
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class RankCommand implements Callable<Integer> {
    private static final int BATCH = 256;
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final int MEBIBYTE = 1 << 20;
    private static final int MOST_PORT = 65_535;

    @Option(names = "--snapshot", paramLabel = "DIR", description = "Folder of one snapshot.")
    private @Nullable Path snapshot;

    @Option(
            names = "--follow",
            arity = "0..1",
            fallbackValue = "current",
            paramLabel = "WHICH",
            description =
                    "Instead: follow the snapshots of the deployment that --config names. WHICH is current (default) or"
                            + " canary, as the registry says, or newest, as nobody has judged it. snapshots.trusted_keys are checked;"
                            + " snapshots for other features than the deployment's are refused.")
    private SubscriberOptions.@Nullable Follow follow;

    @Option(names = "--deltas", description = "With --follow: apply what changes between snapshots.")
    private boolean deltas;

    @Option(
            names = "--last-good",
            paramLabel = "DIR",
            description = "With --follow: keep the snapshot that serves here, to begin with before a broker answers.")
    private @Nullable Path lastGood;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "The deployment: its block fusion says how the tasks become one score.")
    private @Nullable Path config;

    @Option(
            names = "--profile",
            paramLabel = "NAME",
            description = "The fusion profile of lines (default: fusion.default). Requests over HTTP name their own.")
    private @Nullable String profile;

    @Option(
            names = "--features",
            paramLabel = "DIR",
            description =
                    "An online store, as freshet features keeps it: opened for reading as it now stands. With --follow it"
                            + " follows its topics, as freshet features does.")
    private @Nullable Path features;

    @Option(names = "--requests", paramLabel = "FILE", description = "Lines of JSON (default: standard input).")
    private @Nullable Path requests;

    @Option(names = "--http", paramLabel = "PORT", description = "Serve at this port instead; 0 for any that is free.")
    private @Nullable Integer port;

    @Option(
            names = "--bind",
            paramLabel = "ADDRESS",
            defaultValue = "127.0.0.1",
            description = "Address to serve at (default: ${DEFAULT-VALUE}; 0.0.0.0 for all).")
    @SuppressWarnings("NullAway.Init") // has a default
    private String bind;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Requests over HTTP that are scored at a time (default: the processors there are).")
    private @Nullable Integer threads;

    @Option(
            names = "--max-body",
            paramLabel = "MIB",
            defaultValue = "16",
            description = "Largest request over HTTP, in MiB (default: ${DEFAULT-VALUE}).")
    private int maxBodyMebibytes;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        check("--http", port, 0, MOST_PORT);
        check("--threads", threads, 1, 1024);
        check("--max-body", maxBodyMebibytes, 1, 1024);
        if (port != null && (requests != null || profile != null)) {
            throw new ParameterException(
                    spec.commandLine(), "--http: found --requests or --profile beside it, expected one or the other");
        }
        FreshetConfig deployment = config == null ? null : FreshetConfig.load(config);
        FusionProfiles fusion = deployment == null ? FusionProfiles.NONE : deployment.fusion();
        checkProfile(fusion);
        try (RankService service = open(deployment, fusion)) {
            return port == null ? rankLines(service) : serve(port, service, fusion);
        }
    }

    private RankService open(@Nullable FreshetConfig deployment, FusionProfiles fusion) throws Exception {
        if (snapshot != null && follow == null) {
            if (deltas || lastGood != null) {
                throw new ParameterException(
                        spec.commandLine(),
                        "--deltas and --last-good: found --snapshot, expected --follow beside them");
            }
            return RankService.ofSnapshot(snapshot, fusion, features);
        }
        if (snapshot != null || follow == null || deployment == null) {
            throw new ParameterException(
                    spec.commandLine(), "expected either --snapshot, or --follow with the deployment's --config");
        }
        if (features != null && deployment.featureTopics().isEmpty()) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--features: found user_features.written false in " + config + ", expected a job that writes them");
        }
        SubscriberOptions options = SubscriberOptions.following(follow)
                .with(deltas ? SubscriberOptions.Deltas.APPLIED : SubscriberOptions.Deltas.IGNORED)
                .trusting(deployment.snapshots().trusted())
                .forFeatures(new SnapshotWriter(deployment.name(), deployment.featuresJson())
                        .featureFingerprint(deployment.model()));
        return RankService.following(
                deployment, lastGood == null ? options : options.keepingLastGood(lastGood), features);
    }

    private void check(String option, @Nullable Integer found, int least, int most) {
        if (found != null && (found < least || found > most)) {
            throw new ParameterException(
                    spec.commandLine(), option + ": found " + found + ", expected " + least + " to " + most);
        }
    }

    private void checkProfile(FusionProfiles fusion) {
        try {
            fusion.choose(profile);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "--profile: " + e.getMessage(), e);
        }
    }

    private int rankLines(RankService service) throws IOException, InterruptedException {
        service.awaitSnapshot();
        LineRanker ranker = service.lines();
        PrintWriter out = spec.commandLine().getOut();
        boolean[] isBad = new boolean[1];
        try (BufferedReader lines = requests()) {
            List<String> batch = new ArrayList<>();
            long before = 0;
            String line = lines.readLine();
            while (line != null) {
                batch.add(line);
                line = lines.readLine();
                if (batch.size() == BATCH || line == null) {
                    long first = before + 1;
                    String text = ranker.rank(batch, profile, (index, detail) -> {
                                isBad[0] = true;
                                spec.commandLine().getErr().println("line " + (first + index) + ": " + detail);
                            })
                            .text();
                    out.print(text);
                    out.flush();
                    before += batch.size();
                    batch.clear();
                }
            }
        }
        return isBad[0] ? Main.FAILED : 0;
    }

    private BufferedReader requests() throws IOException {
        return requests == null
                ? new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))
                : Files.newBufferedReader(requests);
    }

    /** Serves until the process is told to end. */
    private int serve(int at, RankService service, FusionProfiles fusion) throws IOException, InterruptedException {
        String name = service.name();
        RankingServer.Settings settings = new RankingServer.Settings(
                new InetSocketAddress(bind, at),
                name,
                threads == null ? Runtime.getRuntime().availableProcessors() : threads,
                PATIENCE,
                maxBodyMebibytes * MEBIBYTE);
        CountDownLatch stopped = new CountDownLatch(1);
        try (RankingServer server = new RankingServer(
                settings, service.live(), fusion, service.lines(), service::outcomes, Clock.systemUTC())) {
            // The process ends when its hooks have: requests that are running are finished first.
            Runtime.getRuntime()
                    .addShutdownHook(new Thread(
                            () -> {
                                server.close();
                                stopped.countDown();
                            },
                            "rank-stop"));
            spec.commandLine()
                    .getErr()
                    .println("serving " + name + " at http://" + bind + ":" + server.port() + "/v2/models/" + name);
            stopped.await();
        }
        return 0;
    }
}
