package freshet.jobs.seal;

import freshet.jobs.seal.Seal.SealedFile;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.Path;
import org.apache.flink.runtime.checkpoint.Checkpoints;
import org.apache.flink.runtime.checkpoint.metadata.CheckpointMetadata;
import org.apache.flink.runtime.state.IncrementalKeyedStateHandle.HandleAndLocalPath;
import org.apache.flink.runtime.state.IncrementalRemoteKeyedStateHandle;
import org.apache.flink.runtime.state.StreamStateHandle;
import org.jspecify.annotations.Nullable;

/**
 * A checkpoint or savepoint whose {@code _metadata} was read, and is what was written as far as that can be told: it bears a seal that
 * is right, or none.
 */
public final class SealedCheckpoint {
    public static final String METADATA = "_metadata";

    private static final int BUFFER_BYTES = 1 << 16;

    private final CheckpointMetadata metadata;
    private final StateStreams streams;
    private final Optional<Seal> seal;

    private SealedCheckpoint(CheckpointMetadata metadata, Optional<Seal> seal) {
        this.metadata = metadata;
        streams = StateStreams.of(metadata);
        this.seal = seal;
    }

    /**
     * Reads the {@code _metadata} of a checkpoint, and no other file.
     *
     * @param checkpoint the folder
     * @throws IOException when it cannot be read, or is not what was written
     */
    public static SealedCheckpoint read(Path checkpoint) throws IOException {
        Path file = new Path(checkpoint, METADATA);
        byte[] bytes;
        try (FSDataInputStream in = file.getFileSystem().open(file)) {
            bytes = in.readAllBytes();
        }
        Seal.Opened opened = Seal.open(bytes);
        return new SealedCheckpoint(parse(opened.metadata(), checkpoint.toString()), opened.seal());
    }

    /**
     * Reads metadata, of whose bytes none may be left.
     *
     * @param place a folder with a {@code _metadata}, or any file in it: some files are named by where they lie beside it
     */
    private static CheckpointMetadata parse(byte[] bytes, @Nullable String place) throws IOException {
        ByteArrayInputStream in = new ByteArrayInputStream(bytes);
        CheckpointMetadata metadata;
        try {
            metadata = Checkpoints.loadCheckpointMetadata(
                    new DataInputStream(in), SealedCheckpoint.class.getClassLoader(), place);
        } catch (RuntimeException | OutOfMemoryError e) {
            // What a damaged length asks for may be more than there is.
            throw new IOException("found no metadata of a checkpoint in it: " + e, e);
        }
        if (in.available() > 0) {
            throw new IOException("found " + in.available() + " bytes behind the metadata, expected its end");
        }
        return metadata;
    }

    public CheckpointMetadata metadata() {
        return metadata;
    }

    /** The files that it consists of beside its {@code _metadata}; those of little state, which lie in there, may be among them. */
    public Stream<StreamStateHandle> files() {
        return Stream.concat(
                streams.plain().stream(),
                streams.tables().stream()
                        .flatMap(database -> database.getSharedState().stream())
                        .map(HandleAndLocalPath::getHandle));
    }

    /** Kinds of state in it whose files are not known here. */
    public SortedSet<String> unknownKinds() {
        return streams.unknown();
    }

    /** Number of files that no checksum stands for; RocksDB's tables have their own and are never counted. */
    public int unsummedFiles() {
        return seal.map(written -> (int) written.files().stream()
                        .filter(file -> !file.isSummed())
                        .count())
                .orElseGet(() -> streams.plain().size());
    }

    /**
     * Reads the files that the seal has sums of.
     *
     * @throws IOException when one cannot be read, or is not what was written
     */
    public void verifyFiles() throws IOException {
        if (seal.isEmpty()) {
            return;
        }
        List<StreamStateHandle> plain = streams.plain();
        List<SealedFile> expected = seal.get().files();
        if (plain.size() != expected.size()) {
            throw new IOException(
                    "found " + plain.size() + " files without checksums of their own, expected " + expected.size());
        }
        for (int i = 0; i < plain.size(); i++) {
            SealedFile file = expected.get(i);
            if (file.isSummed() && !sum(plain.get(i)).hasBytesOf(file)) {
                throw new IOException(file.name() + ": found bytes with another CRC-32C than when it was written");
            }
        }
    }

    /**
     * Reads RocksDB's tables, which have checksums of their own; each database is put together in a folder for temporary files.
     *
     * @throws IOException when one cannot be read, or is not what was written
     */
    public void verifyTables() throws IOException {
        for (IncrementalRemoteKeyedStateHandle database : streams.tables()) {
            RocksTables.verify(database);
        }
    }

    /**
     * Sums the files of a checkpoint that is about to be completed.
     *
     * @param metadata what is going to stand in the folder
     * @param mostBytes that are read in all; what is beyond is not summed
     */
    static Seal seal(byte[] metadata, Path folder, long mostBytes) throws IOException {
        long left = mostBytes;
        List<SealedFile> files = new ArrayList<>();
        for (StreamStateHandle file :
                StateStreams.of(parse(metadata, fileIn(folder))).plain()) {
            boolean isShort = file.getStateSize() <= left;
            left -= isShort ? file.getStateSize() : 0;
            files.add(isShort ? sum(file) : new SealedFile(name(file), file.getStateSize(), 0, false));
        }
        return new Seal(files);
    }

    /** Null where there is none: then all state lies in the metadata. */
    private static @Nullable String fileIn(Path folder) throws IOException {
        for (FileStatus entry : folder.getFileSystem().listStatus(folder)) {
            if (!entry.isDir()) {
                return entry.getPath().toString();
            }
        }
        return null;
    }

    private static SealedFile sum(StreamStateHandle file) throws IOException {
        CRC32C sum = new CRC32C();
        byte[] buffer = new byte[BUFFER_BYTES];
        long bytes = 0;
        try (InputStream in = file.openInputStream()) {
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                sum.update(buffer, 0, read);
                bytes += read;
            }
        }
        return new SealedFile(name(file), bytes, (int) sum.getValue(), true);
    }

    private static String name(StreamStateHandle file) {
        return file.maybeGetPath()
                .map(Path::toString)
                .orElse(file.getStreamStateHandleID().getKeyString());
    }
}
