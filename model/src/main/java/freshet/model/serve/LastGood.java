package freshet.model.serve;

import freshet.serde.snapshot.BadSnapshotException;
import freshet.serde.snapshot.Snapshot;
import freshet.serde.snapshot.SnapshotDirectory;
import freshet.serde.snapshot.SnapshotVersion;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * The snapshot that serves, on disk, for a server that starts while no broker answers: a {@link SnapshotDirectory} and the file
 * {@code serving}, which names the version. It is written beside, forced to disk and renamed, after the snapshot; so whenever
 * the process is killed, what is named is whole. The version named before is kept, older ones are removed. One thread and
 * one process.
 */
final class LastGood {
    private static final String SERVING = "serving";
    private static final int MAX_NAME_BYTES = 64;

    private final Path folder;
    private final SnapshotDirectory directory;

    LastGood(Path folder) {
        this.folder = folder;
        this.directory = new SnapshotDirectory(folder);
    }

    /**
     * What served last; empty when nothing ever did.
     *
     * @throws BadSnapshotException when it is not what was written
     */
    Optional<Snapshot> read() throws IOException {
        Optional<SnapshotVersion> named = named();
        if (named.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(directory.read(named.get()));
        } catch (NoSuchFileException e) {
            throw new BadSnapshotException(
                    "reading the last good snapshot: " + folder.resolve(SERVING) + " names " + named.get()
                            + ", and there is no such folder with a manifest beside it",
                    e);
        }
    }

    private Optional<SnapshotVersion> named() throws IOException {
        Path serving = folder.resolve(SERVING);
        if (!Files.exists(serving)) {
            return Optional.empty();
        }
        if (Files.size(serving) > MAX_NAME_BYTES) {
            throw new BadSnapshotException("reading the last good snapshot: found " + Files.size(serving) + " bytes in "
                    + serving + ", expected the name of a version");
        }
        return Optional.of(SnapshotVersion.parse(
                Files.readString(serving, StandardCharsets.ISO_8859_1).trim()));
    }

    /** A snapshot serves from now on. */
    void keep(Snapshot snapshot) throws IOException {
        Optional<SnapshotVersion> before;
        try {
            before = named();
        } catch (BadSnapshotException overwritten) {
            before = Optional.empty();
        }
        directory.replace(snapshot);
        name(snapshot.version());
        for (SnapshotVersion version : directory.versions()) {
            if (!version.equals(snapshot.version()) && !version.equals(before.orElse(snapshot.version()))) {
                directory.remove(version);
            }
        }
    }

    /** A snapshot that has served before does so again; it is named if it is still there. */
    void keepAgain(SnapshotVersion version) throws IOException {
        if (directory.versions().contains(version)) {
            name(version);
        }
    }

    private void name(SnapshotVersion version) throws IOException {
        Path unfinished = folder.resolve("." + SERVING + ".unfinished");
        try (FileChannel channel = FileChannel.open(
                unfinished,
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE)) {
            ByteBuffer left = ByteBuffer.wrap((version + "\n").getBytes(StandardCharsets.UTF_8));
            while (left.hasRemaining()) {
                channel.write(left);
            }
            channel.force(true);
        }
        Files.move(unfinished, folder.resolve(SERVING), StandardCopyOption.ATOMIC_MOVE);
    }
}
