package freshet.serde.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SnapshotDirectoryTest {
    @TempDir
    private Path root;

    private final Snapshot snapshot = SnapshotFixtures.snapshot(1, 5);

    private static final class Killed extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    private static Map<String, String> contents(Path folder) throws IOException {
        Map<String, String> contents = new TreeMap<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                contents.put(file.getFileName().toString(), Checksums.sha256(Files.readAllBytes(file)));
            }
        }
        return contents;
    }

    @Test
    void whatIsWrittenIsReadBack() throws Exception {
        SnapshotDirectory directory = new SnapshotDirectory(root.resolve("snapshots"));
        Path folder = directory.write(snapshot);
        assertThat(folder).hasFileName("20220425T17Z");
        Snapshot again = directory.read(snapshot.version());
        assertThat(again.manifestLine()).isEqualTo(snapshot.manifestLine());
        assertThat(again.file("rows.bin")).isEqualTo(snapshot.file("rows.bin"));
        assertThat(Files.readString(folder.resolve("manifest.json"))).isEqualTo(snapshot.manifestLine());
    }

    @Test
    void writtenTwiceAnywhereTheBytesAreTheSame() throws Exception {
        Path one = new SnapshotDirectory(root.resolve("one")).write(snapshot);
        Path two = new SnapshotDirectory(root.resolve("two")).write(SnapshotFixtures.snapshot(1, 5));
        assertThat(contents(one)).isEqualTo(contents(two));
        assertThat(new SnapshotDirectory(root.resolve("one")).write(snapshot)).isEqualTo(one);
    }

    @ParameterizedTest
    @ValueSource(strings = {"model.json", "rows.bin", "empty.bin", "golden.bin", "manifest.json", "rename", "force"})
    void killedBeforeAnyStepAReaderSeesTheOldOneOrTheWholeNewOne(String step) throws Exception {
        SnapshotDirectory directory = new SnapshotDirectory(root);
        directory.write(SnapshotFixtures.tiny(0));
        SnapshotDirectory killed = new SnapshotDirectory(root, at -> {
            if (at.equals(step)) {
                throw new Killed();
            }
        });
        assertThatThrownBy(() -> killed.write(snapshot)).isInstanceOf(Killed.class);
        if (step.equals("force")) {
            assertThat(directory.newest()).contains(SnapshotFixtures.version(1));
        } else {
            assertThat(directory.versions()).containsExactly(SnapshotFixtures.version(0));
        }
        assertThat(directory.read(directory.newest().orElseThrow())).isNotNull();

        directory.write(snapshot);
        assertThat(directory.versions()).containsExactly(SnapshotFixtures.version(0), SnapshotFixtures.version(1));
        assertThat(directory.read(snapshot.version()).manifestLine()).isEqualTo(snapshot.manifestLine());
        try (Stream<Path> entries = Files.list(root)) {
            assertThat(entries.map(Path::getFileName).map(Path::toString))
                    .containsExactlyInAnyOrder("20220425T16Z", "20220425T17Z");
        }
    }

    @Test
    void anotherSnapshotOfTheSameVersionIsNotOverwritten() throws Exception {
        SnapshotDirectory directory = new SnapshotDirectory(root);
        directory.write(snapshot);
        assertThatThrownBy(() -> directory.write(SnapshotFixtures.snapshot(1, 6)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("remove that folder");
    }

    @Test
    void aDamagedFileIsNamed() throws Exception {
        Path folder = new SnapshotDirectory(root).write(snapshot);
        byte[] rows = Files.readAllBytes(folder.resolve("rows.bin"));
        rows[rows.length - 1] ^= 4;
        Files.write(folder.resolve("rows.bin"), rows);
        assertThatThrownBy(() -> SnapshotDirectory.read(folder))
                .isInstanceOf(BadSnapshotException.class)
                .hasMessageContaining("rows.bin");
        Files.write(folder.resolve("rows.bin"), new byte[3]);
        assertThatThrownBy(() -> SnapshotDirectory.read(folder)).hasMessageContaining("3 bytes");
        Files.delete(folder.resolve("rows.bin"));
        assertThatThrownBy(() -> SnapshotDirectory.read(folder)).hasMessageContaining("missing");
    }

    @Test
    void foreignFoldersAreNoVersions() throws Exception {
        Files.createDirectories(root.resolve("notes"));
        Files.writeString(root.resolve("notes/manifest.json"), "{}", StandardCharsets.UTF_8);
        assertThat(new SnapshotDirectory(root).versions()).isEqualTo(List.of());
        assertThat(new SnapshotDirectory(root.resolve("absent")).newest()).isEmpty();
    }
}
