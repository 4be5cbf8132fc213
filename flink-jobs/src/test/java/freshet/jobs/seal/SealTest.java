package freshet.jobs.seal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import freshet.jobs.seal.Seal.SealedFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SealTest {
    private static byte[] sealed(byte[] metadata, Seal seal) throws IOException {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.write(metadata);
        file.write(seal.behind(metadata));
        return file.toByteArray();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void opensWhatItSealedAndNothingElse(long seed) throws IOException {
        byte[] metadata = new byte[200];
        SplittableRandom random = new SplittableRandom(seed);
        random.nextBytes(metadata);
        Seal seal = new Seal(List.of(
                new SealedFile("file:/a", 12, random.nextInt(), true), new SealedFile("s3://b/ä", 1L << 40, 0, false)));
        byte[] file = sealed(metadata, seal);

        assertThat(Seal.open(file).metadata()).isEqualTo(metadata);
        assertThat(Seal.open(file).seal()).contains(seal);
        for (int i = 0; i < file.length; i++) {
            byte[] flipped = file.clone();
            flipped[i] ^= (byte) (1 << random.nextInt(8));
            if (i < file.length - Long.BYTES) {
                assertThatThrownBy(() -> Seal.open(flipped)).as("byte %d", i).hasMessageContaining("CRC-32C");
            } else { // then it seems to bear no seal, and Flink's reader finds more bytes than it expects
                assertThat(Seal.open(flipped).metadata()).hasSize(file.length);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 7, 15, 16, 300})
    void withoutASealAllIsMetadata(int length) throws IOException {
        byte[] metadata = new byte[length];
        Arrays.fill(metadata, (byte) 7);

        assertThat(Seal.open(metadata).metadata()).isEqualTo(metadata);
        assertThat(Seal.open(metadata).seal()).isEmpty();
    }
}
