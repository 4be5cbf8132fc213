package freshet.serde.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SafeTensorsTest {

    private static SafeTensors.Writer small() {
        return new SafeTensors.Writer()
                .add("b", new float[] {1f, -2.5f}, 1, 2)
                .add("ids", new long[] {-1, 7}, 2)
                .add("a", new float[0], 0, 4)
                .metadata("v", "1");
    }

    /** The bytes of SNAPSHOT-FORMAT.md; the Python package safetensors 0.8.0 reads them and writes the same. */
    @Test
    void isLaidOutAsTheFormatSays() {
        byte[] bytes = small().bytes();
        String header = "{\"__metadata__\":{\"v\":\"1\"},"
                + "\"ids\":{\"dtype\":\"I64\",\"shape\":[2],\"data_offsets\":[0,16]},"
                + "\"a\":{\"dtype\":\"F32\",\"shape\":[0,4],\"data_offsets\":[16,16]},"
                + "\"b\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[16,24]}}";
        int padded = (header.length() + 7) / 8 * 8;
        String text = new String(bytes, 8, padded, StandardCharsets.UTF_8);
        assertThat(text.stripTrailing()).isEqualTo(header);
        assertThat(bytes).hasSize(8 + padded + 24);
        assertThat(HexFormat.of().formatHex(bytes, 0, 8)).isEqualTo(String.format("%02x", padded) + "00000000000000");
        assertThat(HexFormat.of().formatHex(bytes, 8 + padded, bytes.length))
                .isEqualTo("ffffffffffffffff" + "0700000000000000" + "0000803f" + "000020c0");
    }

    @Test
    void doesNotDependOnTheOrderOfAdding() {
        byte[] other = new SafeTensors.Writer()
                .metadata("v", "1")
                .add("a", new float[0], 0, 4)
                .add("ids", new long[] {-1, 7}, 2)
                .add("b", new float[] {1f, -2.5f}, 1, 2)
                .bytes();
        assertThat(other).isEqualTo(small().bytes());
    }

    @Test
    void readsWhatItWrote() throws Exception {
        SafeTensors file = SafeTensors.parse(small().bytes());
        assertThat(file.metadata()).containsEntry("v", "1");
        assertThat(file.shapes()).containsOnlyKeys("a", "b", "ids");
        assertThat(file.longs("ids").get(1)).isEqualTo(7);
        assertThat(file.floats("b", 1, 2)).containsExactly(1f, -2.5f);
        assertThat(file.floats("a", 0, 4)).isEmpty();
        assertThatThrownBy(() -> file.floats("b", 2, 1)).hasMessageContaining("expected [2, 1]");
        assertThatThrownBy(() -> file.floats("ids")).hasMessageContaining("expected one of type F32");
        assertThatThrownBy(() -> file.floats("c")).hasMessageContaining("no tensor called c");
    }

    @Test
    void refusesAShapeThatDoesNotFit() {
        assertThatThrownBy(() -> new SafeTensors.Writer().add("a", new float[3], 2, 2))
                .hasMessageContaining("[2, 2]");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void neverThrowsAnythingElseOnDamagedBytes(long seed) {
        byte[] bytes = small().bytes();
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 3000; i++) {
            byte[] damaged = Arrays.copyOf(bytes, random.nextInt(3) == 0 ? random.nextInt(bytes.length) : bytes.length);
            for (int flips = 1 + random.nextInt(3); flips > 0 && damaged.length > 0; flips--) {
                damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
            }
            try {
                SafeTensors.parse(damaged).floats("b", 1, 2);
            } catch (BadSnapshotException expected) {
                assertThat(expected).hasMessageStartingWith("safetensors");
            }
        }
    }
}
