package freshet.jobs.source;

import freshet.serde.event.EventValidator;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The events of a replay in one sequence: first all histories, then impressions and feedback side by side, always from the
 * file whose event time is behind. So neither runs away from the other, the sequence depends on nothing but the files, and
 * one number per file says where it stands. Not thread-safe.
 */
final class ReplayReader implements Closeable {
    /** One more byte than a record may have, so that the decoder sees that it is too long. */
    private static final int LINE_BYTES = EventValidator.MAX_RECORD_BYTES + 1;

    /** Which records are set aside is decided, with the same rule, by {@link SetAsideOperator}. */
    private static final PartitionClock.Verdicts<ReplayPosition.Held> NOT_ASKED = new PartitionClock.Verdicts<>() {
        @Override
        public void inTime(ReplayPosition.Held record) {}

        @Override
        public void ahead(ReplayPosition.Held record, long timeMillis, long nowMillis) {}
    };

    private final long maxDisorderMillis;
    private final Map<EventStream, OneFile> open = new EnumMap<>(EventStream.class);
    private final long[] lines;
    private final List<PartitionClock<ReplayPosition.Held>> clocks = new ArrayList<>();

    /** Opens the files and skips what had been read. */
    ReplayReader(ReplayFiles files, long maxDisorderMillis, long maxFutureMillis, ReplayPosition position)
            throws IOException {
        this.maxDisorderMillis = maxDisorderMillis;
        this.lines = position.lines().clone();
        for (ReplayPosition.Clock saved : position.clocks()) {
            PartitionClock<ReplayPosition.Held> clock = new PartitionClock<>(maxFutureMillis);
            clock.passed(saved.nowMillis(), NOT_ASKED);
            saved.held().forEach(held -> clock.accept(held.timeMillis(), held.userId(), held, NOT_ASKED));
            clocks.add(clock);
        }
        try {
            for (EventStream stream : EventStream.values()) {
                Path file = files.file(stream).orElse(null);
                if (file != null) {
                    OneFile opened = new OneFile(stream, file);
                    open.put(stream, opened);
                    opened.skip(lines[stream.ordinal()]);
                }
            }
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    /** The next record; null when every file has ended. */
    @Nullable
    SourceRecord next() throws IOException {
        while (true) {
            OneFile file = furthestBehind();
            if (file == null) {
                return null;
            }
            int stream = file.stream.ordinal();
            SourceRecord record = file.next(lines[stream]);
            if (record == null) {
                file.close();
                open.remove(file.stream);
                continue;
            }
            lines[stream]++;
            if (record instanceof SourceRecord.Good good) {
                ReplayPosition.Held seen = new ReplayPosition.Held(
                        good.event().eventTimeMillis(), good.event().userId());
                clocks.get(stream).accept(seen.timeMillis(), seen.userId(), seen, NOT_ASKED);
            }
            return record;
        }
    }

    /** Of the open files, the histories, then the one with the smaller event time; null when none is open. */
    private @Nullable OneFile furthestBehind() {
        OneFile behind = null;
        for (OneFile file : open.values()) {
            if (file.stream == EventStream.HISTORY) {
                return file;
            }
            if (behind == null || nowMillis(file.stream) < nowMillis(behind.stream)) {
                behind = file;
            }
        }
        return behind;
    }

    /**
     * What event time has reached: later records are newer than this, if the files keep the promised disorder.
     * {@link Long#MIN_VALUE} while that is not known.
     */
    long watermarkMillis() {
        if (open.isEmpty() || open.containsKey(EventStream.HISTORY)) {
            return Long.MIN_VALUE;
        }
        long slowest = Long.MAX_VALUE;
        for (EventStream stream : open.keySet()) {
            slowest = Math.min(slowest, nowMillis(stream));
        }
        return slowest == PartitionClock.UNKNOWN ? Long.MIN_VALUE : slowest - maxDisorderMillis - 1;
    }

    ReplayPosition position() {
        return new ReplayPosition(
                lines.clone(),
                clocks.stream()
                        .map(clock -> new ReplayPosition.Clock(clock.nowMillis(), clock.heldRecords()))
                        .toList());
    }

    private long nowMillis(EventStream stream) {
        return clocks.get(stream.ordinal()).nowMillis();
    }

    @Override
    public void close() throws IOException {
        for (OneFile file : open.values()) {
            file.close();
        }
        open.clear();
    }

    /** One file and the decoder of its lines. */
    private static final class OneFile implements Closeable {
        private final EventStream stream;
        private final Path path;
        private final String name;
        private final EventDecoder decoder;
        private final LineReader reader;

        OneFile(EventStream stream, Path path) throws IOException {
            this.stream = stream;
            this.path = path;
            this.name = path.getFileName().toString();
            this.decoder = EventDecoder.ofLines(stream);
            this.reader = new LineReader(ReplayFiles.open(path), LINE_BYTES);
        }

        @Nullable
        SourceRecord next(long lineNumber) throws IOException {
            byte[] line = read();
            return line == null ? null : decoder.decode(name, 0, lineNumber, line);
        }

        void skip(long count) throws IOException {
            for (long i = 0; i < count; i++) {
                if (read() == null) {
                    throw new IOException("going on with " + path + ": found its end after " + i + " lines, expected at"
                            + " least the " + count + " that had been read; leave the file alone during a replay");
                }
            }
        }

        private byte @Nullable [] read() throws IOException {
            try {
                return reader.next();
            } catch (EOFException e) {
                throw new IOException(
                        "reading " + path + ": found its end in the middle of the gzip data; the file is"
                                + " incomplete, copy it again",
                        e);
            }
        }

        @Override
        public void close() throws IOException {
            reader.close();
        }
    }
}
