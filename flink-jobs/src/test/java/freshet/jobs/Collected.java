package freshet.jobs;

import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.streaming.api.datastream.DataStream;

/** Collects a stream of a job that runs in this process. Read it when the job has ended. */
public final class Collected<T> {
    private static final Map<String, Queue<Object>> VALUES = new ConcurrentHashMap<>();

    private final String key = UUID.randomUUID().toString();

    public Collected(DataStream<T> stream, String uid) {
        VALUES.put(key, new ConcurrentLinkedQueue<>());
        stream.sinkTo(new CollectingSink<T>(key))
                .uid("collected-" + uid)
                .name("Collect " + uid)
                .setParallelism(1); // keeps the order of each subtask
    }

    /** In the order of arrival. */
    @SuppressWarnings("unchecked")
    public List<T> values() {
        return (List<T>) List.copyOf(VALUES.get(key));
    }

    private record CollectingSink<T>(String key) implements Sink<T> {
        @Override
        public SinkWriter<T> createWriter(WriterInitContext context) {
            Queue<Object> values = VALUES.get(key);
            return new SinkWriter<>() {
                @Override
                public void write(T element, Context elementContext) {
                    values.add(element);
                }

                @Override
                public void flush(boolean endOfInput) {}

                @Override
                public void close() {}
            };
        }
    }
}
