package freshet.jobs.doctor;

import org.apache.kafka.server.common.MetadataVersion;

/** Names of the levels of {@code metadata.version}. */
final class KafkaReleases {
    private KafkaReleases() {}

    /** A level as Kafka's releases call it, as far as they are known here. */
    static String inWords(short level) {
        try {
            return MetadataVersion.fromFeatureLevel(level).version();
        } catch (IllegalArgumentException e) {
            return "level " + level + ", newer than "
                    + MetadataVersion.latestProduction().version();
        }
    }
}
