package freshet.jobs.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.state.rocksdb.RocksDBOptions;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.junit.jupiter.api.Test;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompactionStyle;
import org.rocksdb.RocksDB;

final class JoinRocksDbTest {
    private static final String OTHER_FACTORY = "com.example.Factory";

    @Test
    void mergesSeldomWhereFilesAreMergedBySize() {
        assertThat(filesUntilMerge(CompactionStyle.UNIVERSAL)).isEqualTo(JoinRocksDb.FILES_UNTIL_MERGE);
    }

    @Test
    void leavesCompactionByLevelAlone() {
        RocksDB.loadLibrary();
        try (ColumnFamilyOptions usual = new ColumnFamilyOptions()) {
            assertThat(filesUntilMerge(CompactionStyle.LEVEL)).isEqualTo(usual.level0FileNumCompactionTrigger());
        }
    }

    @Test
    void isSetForTheJoinUnlessTheEnvironmentHasAnother() {
        assertThat(factoryGiven(new Configuration())).isEqualTo(JoinRocksDb.class.getName());
        Configuration other = new Configuration();
        other.set(RocksDBOptions.OPTIONS_FACTORY, OTHER_FACTORY);
        assertThat(factoryGiven(other)).isEqualTo(OTHER_FACTORY);
    }

    private static int filesUntilMerge(CompactionStyle style) {
        RocksDB.loadLibrary();
        try (ColumnFamilyOptions options = new ColumnFamilyOptions().setCompactionStyle(style)) {
            return new JoinRocksDb().createColumnOptions(options, List.of()).level0FileNumCompactionTrigger();
        }
    }

    private static String factoryGiven(Configuration settings) {
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment(settings);
        JobSettings.applyToJoin(env);
        return env.getConfiguration().get(RocksDBOptions.OPTIONS_FACTORY);
    }
}
