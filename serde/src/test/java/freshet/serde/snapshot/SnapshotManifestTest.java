package freshet.serde.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SnapshotManifestTest {

    /** The example of SNAPSHOT-FORMAT.md. */
    private static final String LINE = "{\"format\":2,\"name\":\"test\",\"generation\":1,\"version\":\"20220425T17Z\","
            + "\"event_time_hour\":1650906000000,\"parent\":\"20220425T16Z\","
            + "\"model_fingerprint\":\"9372c470eeadd5ecd9c3c74c2b3cb633f8e2f2fad799250a0f70d652b6b825e4\","
            + "\"feature_fingerprint\":\"5b8a8b56dada6ce7567442b4935298df7de2badd7becdcf4915a59487338ca4b\","
            + "\"lineage\":\"8d052f32305cdfc0ee3b7a397380786f6e41fd2b5814b7aac921c0cdc8aa37a5\","
            + "\"tasks\":[\"click\",\"like\"],\"examples\":1001,\"sampling\":{\"like\":{\"negatives\":0.1}},"
            + "\"metrics\":{\"click\":{\"auc\":0.725,\"log_loss\":0.5,\"ne\":0.333333333333333},\"like\":{}},"
            + "\"calibration\":{\"click\":{\"offset\":-0.01,\"slope\":0.98}},"
            + "\"golden\":\"golden.bin\",\"bytes\":10,"
            + "\"sha256\":\"9dead8c893de151905b9edef651692b4b8734b4d44e879aedf8a9dc50c179f97\","
            + "\"files\":[{\"name\":\"golden.bin\",\"bytes\":10,\"sha256\":\"9dead8c893de151905b9edef651692b4b8734b4d44e879aedf8a9dc50c179f97\"}],"
            + "\"chunk_crc32c\":[\"50c2936e\"],\"manifest_crc32c\":\"669e9431\"}";

    /** A manifest that was written like this, as opposed to altered on the way. */
    private static String resealed(String line, String from, String to) {
        return ManifestSeal.sealed(
                line.substring(0, line.indexOf(",\"manifest_crc32c\"")).replace(from, to));
    }

    @Test
    void isOneLineWithAFixedOrderOfKeys() {
        assertThat(SnapshotFixtures.tiny(1).manifestLine()).isEqualTo(LINE);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void parsesWhatItWrote(long seed) throws Exception {
        SnapshotManifest manifest =
                SnapshotFixtures.snapshot((int) seed - 1, seed).manifest();
        SnapshotManifest again = SnapshotManifest.parse(manifest.toJson(ManifestSigner.unsigned()));
        assertThat(again.toJson(ManifestSigner.unsigned())).isEqualTo(manifest.toJson(ManifestSigner.unsigned()));
        assertThat(again.files()).isEqualTo(manifest.files());
        assertThat(again.chunks()).isEqualTo(manifest.chunks());
        assertThat(again.version()).isEqualTo(manifest.version());
    }

    @Test
    void ignoresKeysOfANewerWriter() throws Exception {
        SnapshotManifest manifest = SnapshotFixtures.tiny(1).manifest();
        String newer = resealed(
                manifest.toJson(ManifestSigner.unsigned()), "{\"format\"", "{\"signature\":{\"key\":\"a\"},\"format\"");
        assertThat(SnapshotManifest.parse(newer)).isEqualTo(manifest);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"format\":2|\"format\":3|update the reader",
                "\"format\":2|\"form\":2|'format' is missing",
                "20220425T17Z|20220425T18Z|with version 20220425T18Z",
                "\"parent\":\"20220425T16Z\"|\"parent\":\"20220425T18Z\"|expected an earlier one",
                "\"name\":\"golden.bin\"|\"name\":\"../golden.bin\"|without folders",
                "\"golden\":\"golden.bin\"|\"golden\":\"other.bin\"|not among its files",
                "\"generation\":1|\"generation\":-1|whole number from 0",
                "\"lineage\":\"|\"lineage\":\"X|hex digits",
                "\"golden.bin\",\"bytes\":10,\"sha256\":\"9dead8c893de151905b9edef651692b4b8734b4d44e879aedf8a9dc50c179f97\",|\"golden.bin\",\"bytes\":11,\"sha256\":\"9dead8c893de151905b9edef651692b4b8734b4d44e879aedf8a9dc50c179f97\",|found 10 bytes in files",
                "[\"50c2936e\"]|[\"50c2936e\",\"50c2936e\"]|expected 1 for 10 bytes",
                "[\"50c2936e\"]|[]|expected 1 for 10 bytes",
                "[\"50c2936e\"]|[\"50C2936E\"]|hex digits",
                "\"examples\":1001|\"examples\":1001,\"examples\":2|not JSON",
            })
    void refusesAManifestThatContradictsItself(String from, String to, String expected) {
        String line = SnapshotFixtures.tiny(1).manifestLine();
        assertThat(line).contains(from);
        assertThatThrownBy(() -> SnapshotManifest.parse(resealed(line, from, to)))
                .isInstanceOf(BadSnapshotException.class)
                .hasMessageContaining(expected);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void refusesDamagedBytesWithItsOwnException(long seed) {
        byte[] line = SnapshotFixtures.tiny(1).manifestLine().getBytes(StandardCharsets.UTF_8);
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 2000; i++) {
            byte[] damaged = Arrays.copyOf(line, random.nextBoolean() ? line.length : random.nextInt(line.length));
            for (int flips = 1 + random.nextInt(3); flips > 0 && damaged.length > 0; flips--) {
                damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
            }
            if (!Arrays.equals(damaged, line)) {
                assertThatThrownBy(() -> SnapshotManifest.parse(damaged)).isInstanceOf(BadSnapshotException.class);
                parseResealed(damaged);
            }
        }
    }

    /** Damage that the checksum covers up must still not end in another exception. */
    private static void parseResealed(byte[] damaged) {
        String text = new String(damaged, StandardCharsets.UTF_8);
        int open = text.indexOf(",\"manifest_crc32c\"");
        try {
            SnapshotManifest.parse(ManifestSeal.sealed(open < 0 ? text : text.substring(0, open)));
        } catch (BadSnapshotException expected) {
            assertThat(expected).hasMessageStartingWith("snapshot");
        }
    }

    @Test
    void aMetricWithoutAValueIsNotWritten() {
        assertThatThrownBy(() -> new SnapshotDescription(
                        "test",
                        1,
                        SnapshotFixtures.version(0),
                        null,
                        "",
                        "",
                        "",
                        List.of(),
                        0,
                        new java.util.TreeMap<>(),
                        new java.util.TreeMap<>(java.util.Map.of(
                                "click", new java.util.TreeMap<>(java.util.Map.of("auc", Double.NaN)))),
                        new java.util.TreeMap<>(),
                        null))
                .hasMessageContaining("click.auc");
    }
}
