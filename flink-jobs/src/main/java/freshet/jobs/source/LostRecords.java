package freshet.jobs.source;

import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;

/** What a source does that goes on from an offset which its topic no longer has: retention was shorter than the job was away. */
public enum LostRecords {
    /** Fails, and with it the job, until somebody has decided. */
    FAIL,
    /** Goes on with the oldest record there is. Its counts do not know of what lies between; the broker's offsets do. */
    SKIP;

    /** Of the job's own configuration, so that {@code freshet run} and Flink's application mode can both set it. */
    public static final ConfigOption<LostRecords> OPTION = ConfigOptions.key("freshet.lost-records")
            .enumType(LostRecords.class)
            .defaultValue(FAIL)
            .withDescription("What sources do where the topic no longer has the offset that they would go on from.");
}
