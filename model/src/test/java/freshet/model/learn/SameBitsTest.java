package freshet.model.learn;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.model.ModelFixtures;
import freshet.model.math.Kernels;
import freshet.model.spec.ModelSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What is learnt is the same to the bit for any number of threads, with and without the Vector API, and for vectors of any
 * length: predictions, dense state and rows' weights of a model with every part, as one hash.
 */
class SameBitsTest {
    private static final String WIDE = ModelFixtures.FULL
            .replace("bottom: [9, 7]", "bottom: [61, 48]")
            .replace("layers: [6, 5]", "layers: [32, 20]")
            .replace("dim: 4", "dim: 20");

    @ParameterizedTest(name = "{0}, {1} threads")
    @CsvSource({"PLAIN,1", "PLAIN,3", "VECTOR,1", "VECTOR,2", "VECTOR,4"})
    void anyNumberOfThreadsWithAndWithoutVectors(Kernels kernels, int threads) {
        assertThat(hash(kernels, threads)).isEqualTo(hash(Kernels.PLAIN, 1));
    }

    @ParameterizedTest
    @ValueSource(ints = {128, 256, 512})
    void anyLengthOfVectors(int bits, @TempDir Path folder) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(
                List.of("--add-modules", "jdk.incubator.vector", "-D" + Kernels.VECTOR_BITS_PROPERTY + "=" + bits));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), SameBitsTest.class.getName()));
        Path output = folder.resolve("hash");
        Process process = new ProcessBuilder(command)
                .redirectOutput(output.toFile())
                .redirectError(folder.resolve("warnings").toFile())
                .start();
        assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
        assertThat(Files.readString(output)).isEqualTo("vector-" + bits + " " + hash(Kernels.PLAIN, 1));
    }

    @Test
    void threadsAreNoPartOfTheModel() {
        String four = WIDE.replace("seed: 7", "threads: 4, seed: 7");
        assertThat(ModelFixtures.spec(four).threads()).isEqualTo(4);
        assertThat(ModelFixtures.spec(four).json())
                .isEqualTo(ModelFixtures.spec(WIDE).json());
    }

    /** In a JVM of its own: prints the kernel's name and the hash. */
    public static void main(String[] args) {
        System.out.print(Kernels.VECTOR.product().name() + " " + hash(Kernels.VECTOR, 2));
    }

    private static String hash(Kernels kernels, int threads) {
        MessageDigest digest = sha256();
        update(digest, ModelFixtures.spec(WIDE.replace("seed: 7", "seed: 7, threads: " + threads)), kernels);
        String separate = ModelFixtures.SEPARATE.replace("seed: 7", "seed: 7, threads: " + threads);
        update(digest, ModelFixtures.spec(separate, ModelFixtures.LINKED_TASKS), kernels);
        return HexFormat.of().formatHex(digest.digest());
    }

    private static void update(MessageDigest digest, ModelSpec spec, Kernels kernels) {
        try (Learner learner = new Learner(spec, kernels)) {
            for (int batch = 0; batch < 6; batch++) {
                int size = new int[] {8, 300, 1, 97, 50, 8}[batch];
                float[] predictions = new float[size * spec.taskCount()];
                learner.step(ModelFixtures.examples(batch, size), predictions);
                add(digest, batch, predictions);
            }
            digest.update(learner.saveDense());
            for (int table = 0; table < learner.tableCount(); table++) {
                learner.forEachRow(table, (id, row) -> add(digest, id, row));
            }
        }
    }

    private static void add(MessageDigest digest, long key, float[] values) {
        ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES + values.length * Float.BYTES);
        bytes.putLong(key).asFloatBuffer().put(values);
        digest.update(bytes.array());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
