package freshet.jobs.job;

import java.util.Collection;
import org.apache.flink.state.rocksdb.RocksDBOptionsFactory;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompactionStyle;
import org.rocksdb.DBOptions;

/**
 * What suits the join of RocksDB's own options, where Flink has no setting: files are merged when there are twelve and not four.
 * Users are written in bulk, at a checkpoint, and read seldom, so a merge costs more than it spares, and what it makes is part of
 * the next checkpoint besides. The space is bounded by another rule of RocksDB's: what was written since may be at most
 * twice the oldest file.
 */
public final class JoinRocksDb implements RocksDBOptionsFactory {
    private static final long serialVersionUID = 1L;

    static final int FILES_UNTIL_MERGE = 12;

    @Override
    public DBOptions createDBOptions(DBOptions options, Collection<AutoCloseable> toClose) {
        return options;
    }

    @Override
    public ColumnFamilyOptions createColumnOptions(ColumnFamilyOptions options, Collection<AutoCloseable> toClose) {
        if (options.compactionStyle()
                == CompactionStyle.UNIVERSAL) { // what the caller's environment chose is left alone
            options.setLevel0FileNumCompactionTrigger(FILES_UNTIL_MERGE);
        }
        return options;
    }
}
