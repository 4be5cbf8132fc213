package freshet.jobs.bench;

import java.util.Locale;

/** What the join's benchmark runs: how events are joined, and where state rests. */
public enum JoinVariant {
    /** Events are made, sent by key and dropped: what every other variant pays too. */
    SOURCE_ONLY(Join.NONE, Backend.HEAP),
    FRESHET_ROCKSDB(Join.FRESHET, Backend.ROCKSDB),
    FRESHET_HEAP(Join.FRESHET, Backend.HEAP),
    KEYED_FUNCTION_ROCKSDB(Join.KEYED_FUNCTION, Backend.ROCKSDB),
    KEYED_FUNCTION_HEAP(Join.KEYED_FUNCTION, Backend.HEAP),
    INTERVAL_JOIN_HEAP(Join.INTERVAL_JOIN, Backend.HEAP),
    INTERVAL_JOIN_ROCKSDB(Join.INTERVAL_JOIN, Backend.ROCKSDB),
    SQL_HEAP(Join.SQL, Backend.HEAP),
    SQL_ROCKSDB(Join.SQL, Backend.ROCKSDB);

    /** How events are joined. */
    enum Join {
        NONE,
        /** Our operator, with every kind of feature and three tasks. */
        FRESHET,
        /** {@link KeyedFunctionJoin}. */
        KEYED_FUNCTION,
        /** Flink's {@code intervalJoin}: pairs only, no example without feedback. */
        INTERVAL_JOIN,
        /** A LEFT JOIN with a bound on time in Flink SQL: a row for every pair, and one for an impression without feedback. */
        SQL
    }

    /** Where keyed state rests. Checkpoints are taken with RocksDB only. */
    enum Backend {
        HEAP,
        ROCKSDB
    }

    private static final long BEFORE_ANYTHING_EXPIRES = 100_000;
    private static final long FOR_SLOW_ONES = 1_500_000;

    private final Join join;
    private final Backend backend;

    JoinVariant(Join join, Backend backend) {
        this.join = join;
        this.backend = backend;
    }

    Join join() {
        return join;
    }

    Backend backend() {
        return backend;
    }

    /**
     * On how many impressions it is measured at most, so that all of them together take minutes: those that fall to a few
     * thousand events per second once rows expire, on a stream that ends before.
     */
    long mostImpressions() {
        return switch (join) {
            case NONE, FRESHET, KEYED_FUNCTION -> Long.MAX_VALUE;
            case INTERVAL_JOIN, SQL -> backend == Backend.ROCKSDB ? BEFORE_ANYTHING_EXPIRES : FOR_SLOW_ONES;
        };
    }

    /** The one with this label. */
    static JoinVariant labelled(String label) {
        return valueOf(label.toUpperCase(Locale.ROOT));
    }

    /** Its name in JSON. */
    String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
