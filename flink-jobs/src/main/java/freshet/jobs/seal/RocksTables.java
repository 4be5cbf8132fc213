package freshet.jobs.seal;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.apache.flink.core.memory.DataInputViewStreamWrapper;
import org.apache.flink.runtime.state.IncrementalKeyedStateHandle.HandleAndLocalPath;
import org.apache.flink.runtime.state.IncrementalRemoteKeyedStateHandle;
import org.apache.flink.runtime.state.KeyedBackendSerializationProxy;
import org.apache.flink.runtime.state.StreamStateHandle;
import org.apache.flink.runtime.state.filesystem.FileStateHandle;
import org.apache.flink.runtime.state.metainfo.StateMetaInfoSnapshot;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.DBOptions;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;

/**
 * One of RocksDB's databases in a checkpoint, put together in a folder of ours as Flink would to go on from it, and opened for
 * reading. Files on this machine are linked, others copied.
 */
final class RocksTables implements AutoCloseable {
    private static final String LOCAL = "file";

    private final Path folder = Files.createTempDirectory("freshet-recover-");
    private final List<ColumnFamilyHandle> columns = new ArrayList<>();
    private final RocksDB database;

    private RocksTables(IncrementalRemoteKeyedStateHandle state) throws IOException {
        try {
            RocksDB.loadLibrary();
            for (HandleAndLocalPath file : state.getSharedState()) {
                place(file);
            }
            for (HandleAndLocalPath file : state.getPrivateState()) {
                place(file);
            }
            database = open(statesOf(state));
        } catch (IOException | RuntimeException e) {
            deleteFolder();
            throw e;
        }
    }

    /** Opens one of a checkpoint. */
    static RocksTables open(IncrementalRemoteKeyedStateHandle state) throws IOException {
        return new RocksTables(state);
    }

    /**
     * Takes every value that lives in it, with its key.
     *
     * @throws IOException when a block is not what was written
     */
    void read(BiConsumer<byte[], byte[]> entry) throws IOException {
        for (ColumnFamilyHandle column : columns) {
            try (RocksIterator at = database.newIterator(column)) {
                for (at.seekToFirst(); at.isValid(); at.next()) {
                    entry.accept(at.key(), at.value());
                }
                at.status();
            } catch (RocksDBException e) {
                throw new IOException("reading its RocksDB tables: " + e.getMessage(), e);
            }
        }
    }

    /**
     * Reads all tables of a database and compares their blocks with their checksums.
     *
     * @throws IOException when one is not what was written, or they do not belong together
     */
    static void verify(IncrementalRemoteKeyedStateHandle state) throws IOException {
        try (RocksTables tables = open(state)) {
            tables.database.verifyChecksum();
        } catch (RocksDBException e) {
            throw new IOException("reading its RocksDB tables: " + e.getMessage(), e);
        }
    }

    private void place(HandleAndLocalPath file) throws IOException {
        Path place = folder.resolve(file.getLocalPath());
        StreamStateHandle handle = file.getHandle();
        if (handle instanceof FileStateHandle stored
                && stored.getFilePath().getFileSystem().getUri().getScheme().equals(LOCAL)) {
            Files.createSymbolicLink(place, Path.of(stored.getFilePath().getPath()));
        } else {
            try (InputStream in = handle.openInputStream()) {
                Files.copy(in, place);
            }
        }
    }

    /** What Flink would look for in it. */
    private static Set<String> statesOf(IncrementalRemoteKeyedStateHandle state) throws IOException {
        try (InputStream in = state.getMetaDataStateHandle().openInputStream()) {
            KeyedBackendSerializationProxy<?> names =
                    new KeyedBackendSerializationProxy<>(RocksTables.class.getClassLoader());
            names.read(new DataInputViewStreamWrapper(in));
            Set<String> states = new TreeSet<>();
            names.getStateMetaInfoSnapshots().stream()
                    .map(StateMetaInfoSnapshot::getName)
                    .forEach(states::add);
            return states;
        } catch (RuntimeException e) {
            throw new IOException("reading which keyed state there is: " + e, e);
        }
    }

    private RocksDB open(Set<String> states) throws IOException {
        List<ColumnFamilyDescriptor> descriptors = new ArrayList<>();
        try (Options options = new Options();
                DBOptions forReading = new DBOptions()) {
            Set<String> found = new TreeSet<>();
            for (byte[] name : RocksDB.listColumnFamilies(options, folder.toString())) {
                found.add(new String(name, StandardCharsets.UTF_8));
                descriptors.add(new ColumnFamilyDescriptor(name));
            }
            if (!found.containsAll(states)) {
                throw new IOException("found the keyed states " + found + " in RocksDB, expected " + states);
            }
            return RocksDB.openReadOnly(forReading, folder.toString(), descriptors, columns);
        } catch (RocksDBException e) {
            throw new IOException("opening its RocksDB tables: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() throws IOException {
        columns.forEach(ColumnFamilyHandle::close);
        database.close();
        deleteFolder();
    }

    private void deleteFolder() throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder()).forEach(file -> {
                try {
                    Files.delete(file);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }
}
