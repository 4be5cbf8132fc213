package freshet.serde.snapshot;

import freshet.serde.snapshot.SnapshotManifest.FilePart;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Snapshots at rest: a folder with one folder per version, each with the snapshot's files and {@code manifest.json}. A version
 * is there whole or not at all, whenever the writer was killed: it is written beside under a hidden name, forced to disk and
 * then renamed. The bytes depend on the snapshot only.
 *
 * <p>One writer at a time; any number of readers meanwhile.
 */
public final class SnapshotDirectory {

    /** The manifest's file name: its exact bytes, without a line feed at the end. */
    public static final String MANIFEST = "manifest.json";

    private final Path root;
    private final Consumer<String> beforeStep;

    /**
     * @param root where the versions lie; made when the first is written
     */
    public SnapshotDirectory(Path root) {
        this(root, step -> {});
    }

    /** For tests: told before each step, and may throw there as a kill would. */
    SnapshotDirectory(Path root, Consumer<String> beforeStep) {
        this.root = root;
        this.beforeStep = beforeStep;
    }

    /**
     * Writes a snapshot. One that is there already, with the same manifest, is left as it is.
     *
     * @return the version's folder
     * @throws IOException when the disk does not take it, or when another snapshot of that version is there
     */
    public Path write(Snapshot snapshot) throws IOException {
        Path target = path(snapshot.version());
        if (Files.exists(target)) {
            requireSame(snapshot, target);
            return target;
        }
        Path unfinished = root.resolve("." + snapshot.version() + ".unfinished");
        Files.createDirectories(root);
        delete(unfinished);
        Files.createDirectory(unfinished);
        for (SnapshotFile file : snapshot.files()) {
            beforeStep.accept(file.name());
            writeForced(unfinished.resolve(file.name()), file.bytes());
        }
        beforeStep.accept(MANIFEST);
        writeForced(unfinished.resolve(MANIFEST), snapshot.manifestLine().getBytes(StandardCharsets.UTF_8));
        force(unfinished);
        beforeStep.accept("rename");
        Files.move(unfinished, target, StandardCopyOption.ATOMIC_MOVE);
        beforeStep.accept("force");
        force(root);
        return target;
    }

    /** As {@link #write}, but whatever is there of that version gives way. A kill in between leaves the new one, or none. */
    public Path replace(Snapshot snapshot) throws IOException {
        remove(snapshot.version());
        return write(snapshot);
    }

    /** Removes a version, if it is there: from one moment to the next, as it came. */
    public void remove(SnapshotVersion version) throws IOException {
        if (Files.exists(path(version))) {
            Path removed = root.resolve("." + version + ".removed");
            delete(removed);
            Files.move(path(version), removed, StandardCopyOption.ATOMIC_MOVE);
            delete(removed);
        }
    }

    private static void requireSame(Snapshot snapshot, Path target) throws IOException {
        byte[] there = Files.readAllBytes(target.resolve(MANIFEST));
        if (!Arrays.equals(there, snapshot.manifestLine().getBytes(StandardCharsets.UTF_8))) {
            throw new IOException("writing snapshot " + snapshot.version() + ": found another one in " + target
                    + ", expected none or the same; remove that folder or write to another place");
        }
    }

    /** The folder of a version, whether it exists or not. */
    public Path path(SnapshotVersion version) {
        return root.resolve(version.toString());
    }

    /** The versions that are there, oldest first. */
    public List<SnapshotVersion> versions() throws IOException {
        List<SnapshotVersion> versions = new ArrayList<>();
        if (Files.isDirectory(root)) {
            try (Stream<Path> entries = Files.list(root)) {
                for (Path entry : (Iterable<Path>) entries::iterator) {
                    if (Files.exists(entry.resolve(MANIFEST))) {
                        try {
                            versions.add(
                                    SnapshotVersion.parse(entry.getFileName().toString()));
                        } catch (BadSnapshotException notOurs) {
                            // An unfinished one, or a folder somebody put there: no version.
                        }
                    }
                }
            }
        }
        versions.sort(Comparator.naturalOrder());
        return versions;
    }

    /** The newest version that is there. */
    public Optional<SnapshotVersion> newest() throws IOException {
        List<SnapshotVersion> versions = versions();
        return versions.isEmpty() ? Optional.empty() : Optional.of(versions.get(versions.size() - 1));
    }

    /** The snapshot of a version, verified. */
    public Snapshot read(SnapshotVersion version) throws IOException {
        return read(path(version));
    }

    /**
     * The manifest of a version, checked in itself; its files are not looked at.
     *
     * @throws BadSnapshotException when it is torn or of another format
     */
    public SnapshotManifest manifest(SnapshotVersion version) throws IOException {
        return SnapshotManifest.parse(Files.readAllBytes(path(version).resolve(MANIFEST)));
    }

    /**
     * The snapshot in a folder, verified: every length and SHA-256.
     *
     * @throws BadSnapshotException when the folder holds something else than its manifest says
     * @throws NoSuchFileException when it holds no manifest
     */
    public static Snapshot read(Path folder) throws IOException {
        byte[] line = Files.readAllBytes(folder.resolve(MANIFEST));
        SnapshotManifest manifest = SnapshotManifest.parse(line);
        List<SnapshotFile> files = new ArrayList<>();
        for (FilePart part : manifest.files()) {
            Path path = folder.resolve(part.name());
            // The length first, so that a wrong file is not read into memory for nothing.
            if (!Files.isRegularFile(path) || Files.size(path) != part.bytes()) {
                throw new BadSnapshotException("reading snapshot " + folder + ": file " + part.name() + " is "
                        + (Files.exists(path) ? Files.size(path) + " bytes" : "missing") + ", expected "
                        + part.bytes() + " bytes; fetch the snapshot again");
            }
            files.add(new SnapshotFile(part.name(), Files.readAllBytes(path)));
        }
        return Snapshot.verified(manifest, new String(line, StandardCharsets.UTF_8), files);
    }

    private static void writeForced(Path path, byte[] bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            ByteBuffer left = ByteBuffer.wrap(bytes);
            while (left.hasRemaining()) {
                channel.write(left);
            }
            channel.force(true);
        }
    }

    /** Forces a folder's entries to disk; where the file system cannot (Windows), the rename alone has to do. */
    private static void force(Path folder) {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException unsupported) {
            // A crash of the machine may then lose the newest version, never leave a torn one: readers verify.
        }
    }

    private static void delete(Path folder) throws IOException {
        if (Files.exists(folder)) {
            try (Stream<Path> entries = Files.walk(folder)) {
                for (Path entry : (Iterable<Path>) entries.sorted(Comparator.reverseOrder())::iterator) {
                    Files.delete(entry);
                }
            }
        }
    }
}
