package freshet.jobs.type;

import freshet.serde.feature.FeatureChange;
import freshet.serde.feature.FeatureState;
import java.io.IOException;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** A change of a feature state: its scope's label, the id, whether there is a state, and that. */
public final class FeatureChangeSerializer extends ValueSerializer<FeatureChange> {
    private static final long serialVersionUID = 1L;
    private static final int NEWEST = 1;

    public FeatureChangeSerializer() {
        this(NEWEST);
    }

    private FeatureChangeSerializer(int layout) {
        super(layout);
    }

    @Override
    public FeatureChange createInstance() {
        return FeatureChange.forget(FeatureState.Key.user(""));
    }

    @Override
    protected void write(FeatureChange change, DataOutputView out) throws IOException {
        Fields.writeText(change.key().scope().label(), out);
        Fields.writeText(change.key().id(), out);
        FeatureState state = change.state();
        out.writeBoolean(state != null);
        if (state != null) {
            out.writeLong(state.asOfMillis());
            Fields.writeBytes(state.state(), out);
        }
    }

    @Override
    protected FeatureChange read(int layout, DataInputView in) throws IOException {
        FeatureState.Scope scope = FeatureState.Scope.of(Fields.readText(in))
                .orElseThrow(() -> new IOException("reading a feature state: found a scope that there is not"));
        FeatureState.Key key = new FeatureState.Key(scope, Fields.readText(in));
        return in.readBoolean()
                ? FeatureChange.to(new FeatureState(key, in.readLong(), Fields.readBytes(in)))
                : FeatureChange.forget(key);
    }

    @Override
    public TypeSerializerSnapshot<FeatureChange> snapshotConfiguration() {
        return new Snapshot();
    }

    /** The layout of changes in a checkpoint. */
    public static final class Snapshot extends LayoutSnapshot<FeatureChange> {
        public Snapshot() {
            super(NEWEST, FeatureChangeSerializer::new);
        }
    }
}
