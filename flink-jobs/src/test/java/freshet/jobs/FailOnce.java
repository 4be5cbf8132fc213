package freshet.jobs;

import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.api.common.state.CheckpointListener;

/** Passes everything on and fails the job once, after a checkpoint and some values more. For jobs in this process. */
public final class FailOnce<T> implements MapFunction<T, T>, CheckpointListener {
    private static final long serialVersionUID = 1L;

    private static final Map<String, AtomicBoolean> FAILED = new ConcurrentHashMap<>();

    private final String key = UUID.randomUUID().toString();
    private final int valuesAfterCheckpoint;
    private transient boolean checkpointed;
    private transient int values;

    public FailOnce(int valuesAfterCheckpoint) {
        this.valuesAfterCheckpoint = valuesAfterCheckpoint;
        FAILED.put(key, new AtomicBoolean());
    }

    /** Whether it has. */
    public boolean hasFailed() {
        return FAILED.get(key).get();
    }

    @Override
    public T map(T value) {
        if (checkpointed && ++values == valuesAfterCheckpoint && FAILED.get(key).compareAndSet(false, true)) {
            throw new IllegalStateException("a failure on purpose");
        }
        return value;
    }

    @Override
    public void notifyCheckpointComplete(long checkpointId) {
        checkpointed = true;
    }
}
