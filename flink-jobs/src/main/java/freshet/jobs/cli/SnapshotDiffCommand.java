package freshet.jobs.cli;

import freshet.model.layer.NamedTensor;
import freshet.model.snapshot.ModelCopy;
import freshet.model.table.RowSource;
import freshet.serde.snapshot.Snapshot;
import freshet.serde.wire.Decimals;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code freshet snapshot diff}: what has changed between two snapshots. */
@Command(
        name = "diff",
        description = {
            "Says how two snapshots of one model differ: rows that came, went and moved per table, and how far the furthest"
                    + " weight moved; likewise of the dense parameters.",
            "Each is a folder, or with --config a version or alias. Exit code 1 when they are of different models."
        },
        mixinStandardHelpOptions = true)
final class SnapshotDiffCommand implements Callable<Integer> {
    private static final int DECIMALS = 6;

    @Parameters(index = "0", paramLabel = "OLD")
    @SuppressWarnings("NullAway.Init") // required: picocli sets it
    private String oldName;

    @Parameters(index = "1", paramLabel = "NEW")
    @SuppressWarnings("NullAway.Init") // required: picocli sets it
    private String newName;

    @Mixin
    @SuppressWarnings("NullAway.Init") // set by picocli
    private SnapshotPlace place;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        Snapshot before = place.load(oldName);
        Snapshot after = place.load(newName);
        PrintWriter out = spec.commandLine().getOut();
        if (!before.manifest()
                .description()
                .modelFingerprint()
                .equals(after.manifest().description().modelFingerprint())) {
            out.println("different models: weights of one mean nothing in the other");
            return Main.FAILED;
        }
        out.println("examples\t"
                + (after.manifest().description().examples()
                        - before.manifest().description().examples()));
        ModelCopy left = ModelCopy.of(before);
        ModelCopy right = ModelCopy.of(after);
        for (int tensor = 0; tensor < left.tensors().size(); tensor++) {
            NamedTensor from = left.tensors().get(tensor);
            float furthest = furthest(from.values(), right.tensors().get(tensor).values());
            out.println("dense\t" + from.name() + "\tfurthest " + Decimals.text(furthest, DECIMALS));
        }
        for (int table = 0; table < left.spec().tables().size(); table++) {
            out.println(table(left, right, table));
        }
        return 0;
    }

    private static String table(ModelCopy left, ModelCopy right, int table) {
        RowSource before = left.tables().get(table);
        RowSource after = right.tables().get(table);
        float[] old = new float[left.spec().tables().get(table).width()];
        long[] counts = new long[2];
        float[] furthest = new float[1];
        right.forEachRow(table, (id, weights) -> {
            if (before.read(id, old, 0) == RowSource.NONE) {
                counts[0]++;
            } else {
                float moved = furthest(old, weights);
                counts[1] += moved > 0 ? 1 : 0;
                furthest[0] = Math.max(furthest[0], moved);
            }
        });
        long[] gone = new long[1];
        left.forEachRow(table, (id, weights) -> gone[0] += after.read(id, old, 0) == RowSource.NONE ? 1 : 0);
        return "rows\t" + left.spec().tables().get(table).name() + "\tcame " + counts[0] + "\twent " + gone[0]
                + "\tmoved " + counts[1] + "\tfurthest " + Decimals.text(furthest[0], DECIMALS);
    }

    private static float furthest(float[] left, float[] right) {
        float furthest = 0;
        for (int i = 0; i < left.length; i++) {
            furthest = Math.max(furthest, Math.abs(left[i] - right[i]));
        }
        return furthest;
    }
}
