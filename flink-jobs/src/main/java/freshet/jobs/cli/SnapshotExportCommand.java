package freshet.jobs.cli;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnxruntime.OrtException;
import freshet.model.export.SelfContainedModel;
import freshet.model.export.SelfContainedModel.IdInput;
import freshet.model.export.TritonRepository;
import freshet.model.serve.SelfContainedRanker;
import freshet.model.snapshot.OnnxNetwork;
import freshet.model.snapshot.SnapshotModel;
import freshet.serde.snapshot.Snapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code freshet snapshot export}: a snapshot in the shapes that other servers load. */
@Command(
        name = "export",
        description = {
            "Writes a snapshot for servers that know nothing of Freshet. Checksums and, with --config, the signature are"
                    + " checked first.",
            "--triton: a version of a model in a repository of NVIDIA Triton, for its onnxruntime backend:"
                    + " DIR/NAME/config.pbtxt and DIR/NAME/<number>/model.onnx, the newest of which is served. The model is"
                    + " the snapshot's network, whose inputs x and bias the caller makes; with --self-contained as well, the"
                    + " one that takes raw ids.",
            "--self-contained: one ONNX file that takes raw ids and numbers and gives each task's prediction. It is checked"
                    + " with ONNX Runtime on the golden rows before it is there. Limits: --max-rows, and 2 GiB.",
            "SNAPSHOT-FORMAT.md, \"Exports\", says what the inputs are."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class SnapshotExportCommand implements Callable<Integer> {
    @Parameters(paramLabel = "SNAPSHOT", description = "A folder, or with --config a version or alias.")
    @SuppressWarnings("NullAway.Init") // required: picocli sets it
    private String snapshotName;

    @Option(names = "--triton", paramLabel = "DIR", description = "Triton's model repository; made where missing.")
    private @Nullable Path triton;

    @Option(
            names = "--self-contained",
            paramLabel = "FILE",
            description = "The ONNX file to write; one that is there is replaced.")
    private @Nullable Path selfContained;

    @Option(
            names = "--ids",
            paramLabel = "KIND",
            defaultValue = "text",
            description =
                    "How ids come into the self-contained model: text (UTF-8 bytes, hashed in the graph) or hashed"
                            + " (int64) (default: ${DEFAULT-VALUE}).")
    @SuppressWarnings("NullAway.Init") // has a default
    private String ids;

    @Option(
            names = "--max-rows",
            paramLabel = "N",
            defaultValue = "10000000",
            description = "Most rows of a self-contained model, of all tables together (default: ${DEFAULT-VALUE}).")
    private long maxRows;

    @Option(
            names = "--name",
            paramLabel = "NAME",
            description = "Name of the model in the repository (default: the snapshot's).")
    private @Nullable String modelName;

    @Option(
            names = "--max-batch",
            paramLabel = "N",
            defaultValue = "4096",
            description = "max_batch_size of the Triton model: most candidates of a call (default: ${DEFAULT-VALUE}).")
    private int maxBatch;

    @Option(
            names = "--max-delay-us",
            paramLabel = "MICROSECONDS",
            defaultValue = "200",
            description = "How long Triton may hold a request back to put others into the same call (default:"
                    + " ${DEFAULT-VALUE}).")
    private int maxDelayMicros;

    @Mixin
    @SuppressWarnings("NullAway.Init") // set by picocli
    private SnapshotPlace place;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        if (triton == null && selfContained == null) {
            throw new ParameterException(
                    spec.commandLine(),
                    "found nothing to export to, expected --triton DIR, --self-contained FILE or both");
        }
        requirePositive("--max-batch", maxBatch);
        requirePositive("--max-rows", maxRows);
        IdInput idInput = idInput();
        Snapshot snapshot = place.load(snapshotName);
        ModelProto model = ModelProto.parseFrom(snapshot.file(OnnxNetwork.NAME));
        try {
            if (selfContained != null) {
                model = SelfContainedModel.of(snapshot, idInput, maxRows);
                write(model, snapshot, idInput, selfContained);
                spec.commandLine().getOut().println(selfContained);
            }
            if (triton != null) {
                String name =
                        modelName == null ? snapshot.manifest().description().name() : modelName;
                Path version = new TritonRepository(triton, maxBatch, maxDelayMicros).add(name, model);
                spec.commandLine().getOut().println(version);
            }
        } catch (IllegalArgumentException e) {
            spec.commandLine().getErr().println("freshet: " + e.getMessage());
            return Main.FAILED;
        }
        return 0;
    }

    /** Writes beside, checks, and renames: a file that is there is right. */
    private void write(ModelProto model, Snapshot snapshot, IdInput idInput, Path file)
            throws IOException, OrtException {
        Path unfinished = file.resolveSibling("." + file.getFileName() + ".unfinished");
        try {
            try (var out = Files.newOutputStream(unfinished)) {
                model.writeTo(out);
            }
            if (idInput == IdInput.TEXT) {
                SnapshotModel read = SnapshotModel.of(snapshot);
                try (SelfContainedRanker ranker = new SelfContainedRanker(unfinished, read.spec())) {
                    int rows = ranker.checkGolden(read.golden());
                    spec.commandLine()
                            .getErr()
                            .println(model.getSerializedSize() + " bytes, " + rows + " golden rows agree");
                }
            }
            Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(unfinished);
        }
    }

    private IdInput idInput() {
        return switch (ids) {
            case "text" -> IdInput.TEXT;
            case "hashed" -> IdInput.HASHED;
            default ->
                throw new ParameterException(
                        spec.commandLine(),
                        String.format(Locale.ROOT, "--ids: found '%s', expected text or hashed", ids));
        };
    }

    private void requirePositive(String option, long found) {
        if (found < 1) {
            throw new ParameterException(
                    spec.commandLine(), option + ": found " + found + ", expected a number from 1 on");
        }
    }
}
