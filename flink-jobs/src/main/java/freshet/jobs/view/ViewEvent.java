package freshet.jobs.view;

import freshet.jobs.type.EventSerializer;
import freshet.jobs.type.Fields;
import freshet.jobs.type.LayoutSnapshot;
import freshet.jobs.type.ValueSerializer;
import freshet.jobs.type.ValueTypeInfo;
import freshet.serde.event.Event;
import freshet.serde.event.Feedback;
import java.io.IOException;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * An impression or feedback on its way to the view that it changes.
 *
 * @param key the video, or the channel
 * @param event what happened
 */
public record ViewEvent(String key, Event event) {
    public static final TypeInformation<ViewEvent> TYPE = new ValueTypeInfo<>(ViewEvent.class, new Serializer());

    /** The key, then the event. */
    public static final class Serializer extends ValueSerializer<ViewEvent> {
        private static final long serialVersionUID = 1L;
        private static final int NEWEST = 1;

        private final EventSerializer events = new EventSerializer();

        public Serializer() {
            this(NEWEST);
        }

        private Serializer(int layout) {
            super(layout);
        }

        @Override
        public ViewEvent createInstance() {
            return new ViewEvent("", new Feedback("", null, "", "", 0, "", 0));
        }

        @Override
        protected void write(ViewEvent event, DataOutputView out) throws IOException {
            Fields.writeText(event.key(), out);
            events.serialize(event.event(), out);
        }

        @Override
        protected ViewEvent read(int layout, DataInputView in) throws IOException {
            return new ViewEvent(Fields.readText(in), events.deserialize(in));
        }

        @Override
        public TypeSerializerSnapshot<ViewEvent> snapshotConfiguration() {
            return new Snapshot();
        }

        /** The layout of these in a checkpoint. */
        public static final class Snapshot extends LayoutSnapshot<ViewEvent> {
            public Snapshot() {
                super(NEWEST, Serializer::new);
            }
        }
    }
}
