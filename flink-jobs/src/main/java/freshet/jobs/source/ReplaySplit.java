package freshet.jobs.source;

import java.io.IOException;
import org.apache.flink.api.connector.source.SourceSplit;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;

/** The one split of a {@link ReplaySource}: all files, from a position on. */
record ReplaySplit(ReplayPosition position) implements SourceSplit {

    @Override
    public String splitId() {
        return "replay";
    }

    /** Layout, version 1: the number of streams; per stream the lines read and the newest event time. */
    static final class Serializer implements SimpleVersionedSerializer<ReplaySplit> {
        private static final int VERSION = 1;

        @Override
        public int getVersion() {
            return VERSION;
        }

        @Override
        public byte[] serialize(ReplaySplit split) throws IOException {
            DataOutputSerializer out = new DataOutputSerializer(64);
            int streams = split.position().lines().length;
            out.writeInt(streams);
            for (int stream = 0; stream < streams; stream++) {
                out.writeLong(split.position().lines()[stream]);
                out.writeLong(split.position().newestMillis()[stream]);
            }
            return out.getCopyOfBuffer();
        }

        @Override
        public ReplaySplit deserialize(int version, byte[] bytes) throws IOException {
            int known = EventStream.values().length;
            DataInputDeserializer in = new DataInputDeserializer(bytes);
            int streams = in.readInt();
            if (version != VERSION || streams != known) {
                throw new IOException("restoring a replay: found layout " + version + " with " + streams
                        + " streams, expected layout " + VERSION + " with " + known);
            }
            ReplayPosition position = ReplayPosition.start();
            for (int stream = 0; stream < streams; stream++) {
                position.lines()[stream] = in.readLong();
                position.newestMillis()[stream] = in.readLong();
            }
            return new ReplaySplit(position);
        }
    }
}
