package freshet.jobs.config;

import freshet.serde.config.ConfigNode;
import freshet.serde.event.Feedback;
import freshet.serde.event.Impression;
import freshet.serde.mapping.EventMapping;
import freshet.serde.wire.SchemaStore;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;

/**
 * The block {@code events}: how events arrive. All spans but {@code idleTimeout} and {@code alignmentInterval} are event
 * time.
 *
 * @param maxDisorder an event may arrive this much behind the newest one of its partition; later ones are late
 * @param maxFuture an event may be this much ahead of its partition; further ahead, either its clock is wrong and it is a
 *     dead letter, or what follows shows that the stream has moved on
 * @param feedbackWait feedback that comes before its impression waits this long for it
 * @param duplicateWindow an id seen again within this span is a duplicate
 * @param idleTimeout a partition silent for this long (wall clock) no longer holds event time back; well above any pause
 *     of a producer, since its next events may then be late
 * @param maxDrift a partition this far ahead of the slowest one is not read until that has caught up
 * @param alignmentInterval how often (wall clock) the drift is looked at
 * @param impressions format of the impressions topic
 * @param feedback format of the feedback topic
 * @param histories format of the histories topic
 * @param schemas that records in the format {@code avro} may be written with, besides ours
 * @param impressionMapping how a record that is not of our schema becomes an impression; null where it is of ours
 * @param feedbackMapping the same for feedback
 */
public record EventsConfig(
        Duration maxDisorder,
        Duration maxFuture,
        Duration feedbackWait,
        Duration duplicateWindow,
        Duration idleTimeout,
        Duration maxDrift,
        Duration alignmentInterval,
        WireFormat impressions,
        WireFormat feedback,
        WireFormat histories,
        List<Schema> schemas,
        @Nullable EventMapping<Impression> impressionMapping,
        @Nullable EventMapping<Feedback> feedbackMapping) {

    static EventsConfig read(ConfigNode events) {
        ConfigNode alignment = events.child("alignment");
        return new EventsConfig(
                events.duration("max_disorder", Duration.ofMinutes(1)),
                positive(events, "max_future", Duration.ofMinutes(10)),
                events.duration("feedback_wait", Duration.ofMinutes(10)),
                events.duration("duplicate_window", Duration.ofHours(1)),
                positive(events, "idle_timeout", Duration.ofMinutes(1)),
                positive(alignment, "max_drift", Duration.ofMinutes(30)),
                positive(alignment, "every", Duration.ofMillis(200)),
                format(events, "impressions"),
                format(events, "feedback"),
                format(events, "histories"),
                SchemaFiles.read(events),
                hasMapping(events, "impressions") ? EventMapping.impressions(mapping(events, "impressions")) : null,
                hasMapping(events, "feedback") ? EventMapping.feedback(mapping(events, "feedback")) : null);
    }

    private static boolean hasMapping(ConfigNode events, String stream) {
        ConfigNode node = events.child(stream);
        boolean hasMapping = node.has("mapping");
        if (hasMapping && format(events, stream) == WireFormat.AVRO && !events.has(SchemaFiles.KEY)) {
            node.problem(
                    "format",
                    "found 'avro' with a mapping, expected json or confluent, or in events." + SchemaFiles.KEY
                            + " the files of the schemas that the records are written with");
        }
        return hasMapping;
    }

    private static ConfigNode mapping(ConfigNode events, String stream) {
        return events.child(stream).child("mapping");
    }

    /** The schemas that records in the format {@code avro} may be written with: ours, and those that the file names. */
    public SchemaStore schemaStore() {
        return SchemaStore.known().with(schemas.toArray(Schema[]::new));
    }

    /** The formats of the three topics. */
    public Set<WireFormat> formats() {
        return EnumSet.of(impressions, feedback, histories);
    }

    private static WireFormat format(ConfigNode events, String stream) {
        return events.child(stream).oneOf("format", WireFormat.class, WireFormat.AVRO);
    }

    private static Duration positive(ConfigNode node, String key, Duration byDefault) {
        Duration span = node.duration(key, byDefault);
        if (span.isZero()) {
            node.problem(key, "found '0', expected a span longer than nothing");
            return byDefault;
        }
        return span;
    }
}
