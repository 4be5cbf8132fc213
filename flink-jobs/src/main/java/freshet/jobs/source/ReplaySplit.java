package freshet.jobs.source;

import freshet.jobs.type.Fields;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
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

    /** Layout, version 2: the number of streams; per stream the lines read, and its clock: the time, the number of those held,
     * the time and user of each. */
    static final class Serializer implements SimpleVersionedSerializer<ReplaySplit> {
        private static final int VERSION = 2;

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
                ReplayPosition.Clock clock = split.position().clocks().get(stream);
                out.writeLong(clock.nowMillis());
                out.writeInt(clock.held().size());
                for (ReplayPosition.Held held : clock.held()) {
                    out.writeLong(held.timeMillis());
                    Fields.writeText(held.userId(), out);
                }
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
            long[] lines = new long[streams];
            List<ReplayPosition.Clock> clocks = new ArrayList<>();
            for (int stream = 0; stream < streams; stream++) {
                lines[stream] = in.readLong();
                long nowMillis = in.readLong();
                List<ReplayPosition.Held> held = new ArrayList<>();
                for (int n = in.readInt(); n > 0; n--) {
                    held.add(new ReplayPosition.Held(in.readLong(), Fields.readText(in)));
                }
                clocks.add(new ReplayPosition.Clock(nowMillis, held));
            }
            return new ReplaySplit(new ReplayPosition(lines, clocks));
        }
    }
}
