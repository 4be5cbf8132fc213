package freshet.jobs.type;

import freshet.serde.event.DeadLetter;
import freshet.serde.event.Event;
import freshet.serde.example.ExampleMessage;
import freshet.serde.feature.FeatureChange;
import freshet.serde.snapshot.SnapshotRecord;
import org.apache.flink.api.common.typeinfo.TypeInformation;

/** What crosses the edges of our jobs, for the {@code returns(...)} of each operator. */
public final class FreshetTypes {

    public static final TypeInformation<Event> EVENT = new ValueTypeInfo<>(Event.class, new EventSerializer());

    public static final TypeInformation<DeadLetter> DEAD_LETTER =
            new ValueTypeInfo<>(DeadLetter.class, new DeadLetterSerializer());

    public static final TypeInformation<ExampleMessage> EXAMPLE_MESSAGE =
            new ValueTypeInfo<>(ExampleMessage.class, new ExampleMessageSerializer());

    public static final TypeInformation<SnapshotRecord> SNAPSHOT_RECORD =
            new ValueTypeInfo<>(SnapshotRecord.class, new SnapshotRecordSerializer());

    public static final TypeInformation<FeatureChange> FEATURE_CHANGE =
            new ValueTypeInfo<>(FeatureChange.class, new FeatureChangeSerializer());

    private FreshetTypes() {}
}
