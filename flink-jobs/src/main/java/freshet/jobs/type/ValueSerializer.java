package freshet.jobs.type;

import java.io.IOException;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;
import org.jspecify.annotations.Nullable;

/**
 * Writes one immutable type in a numbered layout. A change of the layout gets the next number; {@link #read} goes on
 * understanding the older ones, and state that was written in one is migrated when a job restores it.
 *
 * <p>A subclass has a public constructor without arguments for the newest layout, and a public static nested
 * {@link LayoutSnapshot}.
 */
public abstract class ValueSerializer<T> extends TypeSerializer<T> {
    private static final long serialVersionUID = 1L;

    private final int layout;

    /**
     * @param layout the number that goes into a snapshot of this serializer, from 1; state was or will be written in it
     */
    protected ValueSerializer(int layout) {
        this.layout = layout;
    }

    /** Writes a value in the newest layout. */
    protected abstract void write(T value, DataOutputView out) throws IOException;

    /** Reads a value that was written in the given layout. */
    protected abstract T read(int layout, DataInputView in) throws IOException;

    @Override
    public final void serialize(T value, DataOutputView out) throws IOException {
        write(value, out);
    }

    @Override
    public final T deserialize(DataInputView in) throws IOException {
        return read(layout, in);
    }

    @Override
    public final T deserialize(T reuse, DataInputView in) throws IOException {
        return read(layout, in);
    }

    @Override
    public final void copy(DataInputView in, DataOutputView out) throws IOException {
        write(read(layout, in), out);
    }

    @Override
    public final boolean isImmutableType() {
        return true;
    }

    @Override
    public final T copy(T from) {
        return from;
    }

    @Override
    public final T copy(T from, T reuse) {
        return from;
    }

    @Override
    public final TypeSerializer<T> duplicate() {
        return this;
    }

    /** No fixed length. */
    @Override
    public final int getLength() {
        return -1;
    }

    @Override
    public abstract TypeSerializerSnapshot<T> snapshotConfiguration();

    @Override
    public final boolean equals(@Nullable Object other) {
        return other != null && other.getClass() == getClass() && ((ValueSerializer<?>) other).layout == layout;
    }

    @Override
    public final int hashCode() {
        return getClass().hashCode() + layout;
    }
}
