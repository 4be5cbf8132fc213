package freshet.serde.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import freshet.serde.snapshot.SnapshotAssembly.Complete;
import freshet.serde.snapshot.SnapshotAssembly.Reason;
import freshet.serde.snapshot.SnapshotAssembly.Rejected;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SigningTest {
    @TempDir
    static Path folder;

    private static Snapshot snapshot(ManifestSigner signer) {
        SnapshotFile file = new SnapshotFile("golden.bin", "snapshot 1".getBytes(StandardCharsets.UTF_8));
        return Snapshot.of(SnapshotFixtures.description(1), List.of(file), signer);
    }

    private static SnapshotAssembly read(Snapshot snapshot, TrustedKeys trusted) {
        SnapshotAssembler assembler = new SnapshotAssembler(1 << 20, trusted);
        SnapshotAssembly last = new SnapshotAssembly.Repeat(snapshot.version());
        for (SnapshotRecord record : SnapshotRecords.of(snapshot)) {
            last = assembler.accept(record);
        }
        return last;
    }

    private static Reason reason(SnapshotAssembly assembly) {
        assertThat(assembly).isInstanceOf(Rejected.class);
        return ((Rejected) assembly).reason();
    }

    @Test
    void whatATrustedKeySignedIsReadAndSignedAgainIsTheSame() {
        assertThat(read(snapshot(TestKeys.SIGNER), TestKeys.TRUSTED)).isInstanceOf(Complete.class);
        assertThat(snapshot(TestKeys.SIGNER).manifestLine())
                .isEqualTo(snapshot(TestKeys.SIGNER).manifestLine());
    }

    @Test
    void aReaderWithoutKeysLooksAtNoSignature() {
        assertThat(read(snapshot(TestKeys.SIGNER), TrustedKeys.unchecked())).isInstanceOf(Complete.class);
        assertThat(read(snapshot(ManifestSigner.unsigned()), TrustedKeys.unchecked()))
                .isInstanceOf(Complete.class);
    }

    @Test
    void aReaderWithKeysRefusesEachForItsOwnReason() {
        assertThat(reason(read(snapshot(ManifestSigner.unsigned()), TestKeys.TRUSTED)))
                .isEqualTo(Reason.UNSIGNED);
        ManifestSigner unknown = ManifestSigner.of("k2", TestKeys.OTHER_PRIVATE);
        assertThat(reason(read(snapshot(unknown), TestKeys.TRUSTED))).isEqualTo(Reason.UNKNOWN_KEY);
        ManifestSigner thief = ManifestSigner.of("rfc8032-1", TestKeys.OTHER_PRIVATE);
        assertThat(reason(read(snapshot(thief), TestKeys.TRUSTED))).isEqualTo(Reason.WRONG_SIGNATURE);
    }

    /** Whoever can write to the topic can also make a right checksum. */
    @Test
    void anyChangeUnderTheSignatureIsNoticedThoughTheChecksumIsRight() {
        String line = snapshot(TestKeys.SIGNER).manifestLine();
        String open = line.substring(0, line.indexOf(",\"manifest_crc32c\""));
        for (String[] change : new String[][] {
            {"\"examples\":1001", "\"examples\":1002"},
            {"\"generation\":1", "\"generation\":9"},
            {"\"slope\":0.98", "\"slope\":9.98"},
            {"{\"format\"", "{\"more\":1,\"format\""}
        }) {
            String altered = ManifestSeal.sealed(open.replace(change[0], change[1]));
            assertThat(altered).isNotEqualTo(line);
            assertThat(reason(new SnapshotAssembler(1 << 20, TestKeys.TRUSTED)
                            .accept(new SnapshotRecord(
                                    "20220425T17Z/manifest", altered.getBytes(StandardCharsets.UTF_8)))))
                    .isEqualTo(Reason.WRONG_SIGNATURE);
        }
    }

    @Test
    void duringARotationBothKeysAreAccepted() {
        TrustedKeys both = TrustedKeys.of(Map.of("rfc8032-1", TestKeys.PUBLIC, "k2", TestKeys.OTHER_PUBLIC));
        assertThat(read(snapshot(TestKeys.SIGNER), both)).isInstanceOf(Complete.class);
        assertThat(read(snapshot(ManifestSigner.of("k2", TestKeys.OTHER_PRIVATE)), both))
                .isInstanceOf(Complete.class);
    }

    @Test
    void aManifestThatIsNotTrustedDoesNotCountForTheGeneration() {
        SnapshotAssembler assembler = new SnapshotAssembler(1 << 20, TestKeys.TRUSTED);
        Snapshot forged = Snapshot.of(
                SnapshotFixtures.description(2, Long.MAX_VALUE), List.of(new SnapshotFile("golden.bin", new byte[1])));
        SnapshotRecords.of(forged).forEach(assembler::accept);
        assertThat(assembler.newestGeneration()).isZero();
    }

    @Test
    void keysGoToFilesThatOnlyTheirOwnerReadsAndComeBack() throws Exception {
        KeyPair keys = KeyFiles.newPair();
        KeyFiles.Pair files = KeyFiles.write(keys, "k1", folder.resolve("keys"));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(files.privateKey())))
                .isEqualTo("r--------");
        ManifestSigner signer = ManifestSigner.load("k1", files.privateKey());
        TrustedKeys trusted = TrustedKeys.load(Map.of("k1", files.publicKey()));
        assertThat(read(snapshot(signer), trusted)).isInstanceOf(Complete.class);
        assertThatThrownBy(() -> KeyFiles.write(keys, "k1", folder.resolve("keys")))
                .isInstanceOf(FileAlreadyExistsException.class);
        assertThatThrownBy(() -> ManifestSigner.load("k1", files.publicKey()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("other half of the pair");
    }

    @Test
    void aFolderCanBeCheckedToo() throws Exception {
        SnapshotDirectory directory = new SnapshotDirectory(folder.resolve("snapshots"));
        directory.write(snapshot(ManifestSigner.unsigned()));
        Snapshot read = directory.read(SnapshotFixtures.version(1));
        TrustedKeys.unchecked().check(read);
        assertThatThrownBy(() -> TestKeys.TRUSTED.check(read)).hasMessageContaining("it is not signed");
    }
}
