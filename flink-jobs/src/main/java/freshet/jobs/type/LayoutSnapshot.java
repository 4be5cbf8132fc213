package freshet.jobs.type;

import java.util.function.IntFunction;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.TypeSerializerSchemaCompatibility;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * What a checkpoint remembers of a {@link ValueSerializer}: its layout's number, which Flink stores as the version of the
 * snapshot itself. A subclass has a public constructor without arguments, by which Flink finds it again: its name is part
 * of every checkpoint.
 */
public abstract class LayoutSnapshot<T> implements TypeSerializerSnapshot<T> {
    private final int newestLayout;
    private final IntFunction<? extends ValueSerializer<T>> serializerOfLayout;
    private int layout;

    protected LayoutSnapshot(int newestLayout, IntFunction<? extends ValueSerializer<T>> serializerOfLayout) {
        this.newestLayout = newestLayout;
        this.serializerOfLayout = serializerOfLayout;
        this.layout = newestLayout;
    }

    @Override
    public int getCurrentVersion() {
        return layout;
    }

    @Override
    public void writeSnapshot(DataOutputView out) {
        // the version says it all
    }

    @Override
    public void readSnapshot(int readVersion, DataInputView in, ClassLoader userCodeClassLoader) {
        layout = readVersion;
    }

    @Override
    public TypeSerializer<T> restoreSerializer() {
        return serializerOfLayout.apply(layout);
    }

    @Override
    public TypeSerializerSchemaCompatibility<T> resolveSchemaCompatibility(TypeSerializerSnapshot<T> old) {
        if (old.getClass() != getClass()) {
            return TypeSerializerSchemaCompatibility.incompatible();
        }
        int oldLayout = ((LayoutSnapshot<T>) old).layout;
        if (oldLayout > newestLayout) {
            return TypeSerializerSchemaCompatibility.incompatible();
        }
        return oldLayout == newestLayout
                ? TypeSerializerSchemaCompatibility.compatibleAsIs()
                : TypeSerializerSchemaCompatibility.compatibleAfterMigration();
    }
}
