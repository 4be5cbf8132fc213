package freshet.features.online;

import freshet.serde.feature.FeatureChange;
import freshet.serde.feature.FeatureState;
import freshet.serde.wire.FeatureStateCodec;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/**
 * Feature states in a RocksDB of the server's own: the newest per key, with how far each partition of the topics has been read.
 * Both change in one step, so that after a crash the store goes on exactly where its content ends.
 *
 * <p>One thread applies, any may read. One process may have a folder open to write; others may read what it held when they
 * opened it.
 *
 * <p>Layout: key {@code s} and the key of the topic's record, value eight bytes of {@code as_of}, big-endian, and the state; key
 * {@code o}, four bytes of partition and the topic, value eight bytes: the next offset to read; key {@code v}, value one byte: the
 * version of this layout.
 */
public final class OnlineStore implements FeatureStates, AutoCloseable {
    private static final byte VERSION = 1;
    private static final byte[] VERSION_KEY = {'v'};
    private static final byte STATE = 's';
    private static final byte OFFSET = 'o';

    /**
     * A partition of a topic that a store follows.
     *
     * @param topic its name
     * @param number from 0
     */
    public record Partition(String topic, int number) implements Comparable<Partition> {
        @Override
        public int compareTo(Partition other) {
            int byTopic = topic.compareTo(other.topic);
            return byTopic != 0 ? byTopic : Integer.compare(number, other.number);
        }
    }

    /**
     * What became of changes.
     *
     * @param stored states that are now the newest of their key
     * @param forgotten keys of which nothing is remembered any more
     * @param stale states older than what the store has, as come again after a restart of the job
     */
    public record Applied(long stored, long forgotten, long stale) {
        Applied plus(Applied other) {
            return new Applied(stored + other.stored, forgotten + other.forgotten, stale + other.stale);
        }
    }

    private final Path folder;
    private final Options options;
    private final RocksDB db;
    private final WriteOptions writeOptions = new WriteOptions();

    /** Held while the database is used, so that none is closed under a reader's feet: native code would end the process. */
    private final ReadWriteLock open = new ReentrantReadWriteLock();

    private boolean closed;

    private OnlineStore(Path folder, Options options, RocksDB db) {
        this.folder = folder;
        this.options = options;
        this.db = db;
    }

    /**
     * Opens a store to follow topics with, and makes it where there is none.
     *
     * @throws OnlineStoreException when the folder cannot be used, or another process follows with it
     */
    public static OnlineStore open(Path folder) {
        RocksDB.loadLibrary();
        Options options = new Options().setCreateIfMissing(true);
        try {
            Files.createDirectories(folder);
            OnlineStore store = new OnlineStore(folder, options, RocksDB.open(options, folder.toString()));
            store.checkVersion();
            return store;
        } catch (RocksDBException | java.io.IOException e) {
            options.close();
            throw new OnlineStoreException(
                    "opening the online store " + folder + ": " + e.getMessage()
                            + "; expected a folder of its own that no other process follows topics with",
                    e);
        }
    }

    /**
     * Opens what a store holds now, beside the process that follows with it; later changes are not seen.
     *
     * @throws OnlineStoreException when there is no store in the folder
     */
    public static OnlineStore openForReading(Path folder) {
        RocksDB.loadLibrary();
        Options options = new Options();
        try {
            OnlineStore store = new OnlineStore(folder, options, RocksDB.openReadOnly(options, folder.toString()));
            store.checkVersion();
            return store;
        } catch (RocksDBException e) {
            options.close();
            throw new OnlineStoreException(
                    "opening the online store " + folder + ": " + e.getMessage() + "; expected a folder that"
                            + " a server or freshet features follows topics with",
                    e);
        }
    }

    private void checkVersion() throws RocksDBException {
        byte[] found = db.get(VERSION_KEY);
        if (found == null) {
            // new, or opened for reading before the first batch: then there is nothing that could be misread
            return;
        }
        if (found.length != 1 || found[0] != VERSION) {
            close();
            throw new OnlineStoreException(
                    "opening the online store " + folder + ": found layout " + Arrays.toString(found) + ", expected "
                            + VERSION + "; remove the folder, and it is filled again from the topics",
                    null);
        }
    }

    @Override
    public @Nullable FeatureState find(FeatureState.Key key) {
        byte[] value = read(stateKey(key));
        if (value == null) {
            return null;
        }
        return new FeatureState(
                key, ByteBuffer.wrap(value).getLong(), Arrays.copyOfRange(value, Long.BYTES, value.length));
    }

    private byte @Nullable [] read(byte[] key) {
        open.readLock().lock();
        try {
            expectOpen();
            return db.get(key);
        } catch (RocksDBException e) {
            throw new OnlineStoreException("reading the online store " + folder + ": " + e.getMessage(), e);
        } finally {
            open.readLock().unlock();
        }
    }

    private void expectOpen() {
        if (closed) {
            throw new IllegalStateException("the online store " + folder + " has been closed");
        }
    }

    /** The next offset to read of every partition that has been read. */
    public SortedMap<Partition, Long> offsets() {
        SortedMap<Partition, Long> offsets = new TreeMap<>();
        open.readLock().lock();
        try {
            expectOpen();
            try (RocksIterator row = db.newIterator()) {
                for (row.seek(new byte[] {OFFSET}); row.isValid() && row.key()[0] == OFFSET; row.next()) {
                    ByteBuffer key = ByteBuffer.wrap(row.key(), 1, row.key().length - 1);
                    int number = key.getInt();
                    String topic = StandardCharsets.UTF_8.decode(key).toString();
                    offsets.put(
                            new Partition(topic, number),
                            ByteBuffer.wrap(row.value()).getLong());
                }
            }
        } finally {
            open.readLock().unlock();
        }
        return offsets;
    }

    /**
     * Takes changes in the order of their topics, and how far the topics have then been read; all of it or nothing.
     *
     * @param offsets by partition, the next offset to read
     */
    public Applied apply(List<FeatureChange> changes, Map<Partition, Long> offsets) {
        long stale = 0;
        // The last of a key in this batch is what counts; the batch itself cannot be asked.
        Map<FeatureState.Key, FeatureChange> newest = new LinkedHashMap<>();
        for (FeatureChange change : changes) {
            FeatureState state = change.state();
            if (state == null) {
                newest.put(change.key(), change);
            } else if (state.asOfMillis() < knownAsOf(change.key(), newest.get(change.key()))) {
                stale++;
            } else {
                newest.put(change.key(), change);
            }
        }
        write(newest, offsets);
        long forgotten = newest.values().stream()
                .filter(change -> change.state() == null)
                .count();
        return new Applied(changes.size() - stale - forgotten, forgotten, stale);
    }

    private long knownAsOf(FeatureState.Key key, @Nullable FeatureChange inBatch) {
        if (inBatch != null) {
            return inBatch.state() == null ? Long.MIN_VALUE : inBatch.state().asOfMillis();
        }
        byte[] value = read(stateKey(key));
        return value == null ? Long.MIN_VALUE : ByteBuffer.wrap(value).getLong();
    }

    private void write(Map<FeatureState.Key, FeatureChange> changes, Map<Partition, Long> offsets) {
        open.readLock().lock();
        try (WriteBatch batch = new WriteBatch()) {
            expectOpen();
            batch.put(VERSION_KEY, new byte[] {VERSION});
            for (FeatureChange change : changes.values()) {
                FeatureState state = change.state();
                if (state == null) {
                    batch.delete(stateKey(change.key()));
                } else {
                    batch.put(stateKey(change.key()), value(state));
                }
            }
            for (Map.Entry<Partition, Long> entry : offsets.entrySet()) {
                batch.put(
                        offsetKey(entry.getKey()),
                        ByteBuffer.allocate(Long.BYTES)
                                .putLong(entry.getValue())
                                .array());
            }
            db.write(writeOptions, batch);
        } catch (RocksDBException e) {
            throw new OnlineStoreException("writing the online store " + folder + ": " + e.getMessage(), e);
        } finally {
            open.readLock().unlock();
        }
    }

    private static byte[] value(FeatureState state) {
        return ByteBuffer.allocate(Long.BYTES + state.state().length)
                .putLong(state.asOfMillis())
                .put(state.state())
                .array();
    }

    private static byte[] stateKey(FeatureState.Key key) {
        byte[] encoded = FeatureStateCodec.encodeKey(key);
        return ByteBuffer.allocate(1 + encoded.length).put(STATE).put(encoded).array();
    }

    private static byte[] offsetKey(Partition partition) {
        byte[] topic = partition.topic().getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(1 + Integer.BYTES + topic.length)
                .put(OFFSET)
                .putInt(partition.number())
                .put(topic)
                .array();
    }

    /** Waits for those who read, and refuses those who come later. */
    @Override
    public void close() {
        open.writeLock().lock();
        try {
            if (!closed) {
                closed = true;
                db.close();
                writeOptions.close();
                options.close();
            }
        } finally {
            open.writeLock().unlock();
        }
    }
}
