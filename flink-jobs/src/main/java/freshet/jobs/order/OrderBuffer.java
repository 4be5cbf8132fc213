package freshet.jobs.order;

import freshet.jobs.state.SavedState;
import freshet.serde.example.LabeledExample;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Examples that wait until everything before them has been seen; they leave in {@link LabeledExample#ORDER}. An example
 * that comes again (the examples job restarted and sent it twice) is recognised: either an equal one waits here, or its
 * decided time has been released already. It is dropped and counted.
 *
 * <p>Most examples wait a moment. When a trainer catches up and reads one partition far ahead of another, those decided last
 * wait elsewhere ({@link WaitingBlocks}), in blocks of one minute of decided time, until their minute comes. So memory is
 * bounded by {@code mostInMemory} examples or those of two minutes, whichever is more, and a checkpoint writes no more than
 * that. Not thread-safe.
 */
public final class OrderBuffer {
    private static final byte VERSION = 2;
    private static final long MINUTE_MILLIS = 60_000;
    private static final int EXAMPLES_PER_BLOCK = 1_000;

    private final TreeSet<LabeledExample> waiting = new TreeSet<>(LabeledExample.ORDER);
    private final ExampleBytes bytes;
    private final WaitingBlocks blocks;
    private final int mostInMemory;
    /** By minute of decided time, the blocks that wait elsewhere. */
    private final NavigableMap<Long, List<Long>> elsewhere = new TreeMap<>();

    private long nextBlock;
    private long examplesElsewhere;
    /** How many in memory are too many. */
    private int makeRoomAt;

    private long releasedThroughMillis = Long.MIN_VALUE;
    private long repeats;

    public OrderBuffer(ExampleBytes bytes, WaitingBlocks blocks, int mostInMemory) {
        this.bytes = bytes;
        this.blocks = blocks;
        this.mostInMemory = mostInMemory;
        makeRoomAt = mostInMemory;
    }

    /** Takes an example in, unless it is a repeat. */
    public void add(LabeledExample example) {
        if (example.decidedTimeMillis() <= releasedThroughMillis || !waiting.add(example)) {
            repeats++;
        } else if (waiting.size() > makeRoomAt) {
            makeRoom();
        }
    }

    /** Puts the minutes of the later half elsewhere. */
    private void makeRoom() {
        LabeledExample middle =
                waiting.stream().skip(waiting.size() / 2).findFirst().orElseThrow();
        long lastKept = minute(middle);
        List<LabeledExample> leaving = waiting.descendingSet().stream()
                .takeWhile(example -> minute(example) > lastKept)
                .toList();
        Map<Long, List<LabeledExample>> byMinute =
                leaving.stream().collect(Collectors.groupingBy(OrderBuffer::minute, TreeMap::new, Collectors.toList()));
        byMinute.forEach(this::putElsewhere);
        leaving.forEach(waiting::remove);
        makeRoomAt = nextTimeToMakeRoom();
    }

    /** Not soon, where a full minute left no room to make: each attempt looks at half of what waits. */
    private int nextTimeToMakeRoom() {
        return waiting.size() <= mostInMemory / 4 * 3 ? mostInMemory : 2 * waiting.size();
    }

    private void putElsewhere(long minute, List<LabeledExample> examples) {
        for (int from = 0; from < examples.size(); from += EXAMPLES_PER_BLOCK) {
            int to = Math.min(from + EXAMPLES_PER_BLOCK, examples.size());
            blocks.put(nextBlock, bytes.block(examples.subList(from, to)));
            elsewhere.computeIfAbsent(minute, any -> new ArrayList<>()).add(nextBlock++);
        }
        examplesElsewhere += examples.size();
    }

    private static long minute(LabeledExample example) {
        return Math.floorDiv(example.decidedTimeMillis(), MINUTE_MILLIS);
    }

    /** Hands out, in order, every example decided at or before a moment up to which all have been added. */
    public void release(long throughMillis, Consumer<LabeledExample> into) {
        while (!elsewhere.isEmpty() && elsewhere.firstKey() * MINUTE_MILLIS <= throughMillis) {
            releaseFromMemory(elsewhere.firstKey() * MINUTE_MILLIS - 1, into);
            for (long block : elsewhere.pollFirstEntry().getValue()) {
                for (LabeledExample example : bytes.examples(blocks.take(block))) {
                    examplesElsewhere--;
                    if (!waiting.add(example)) {
                        repeats++;
                    }
                }
            }
        }
        releaseFromMemory(throughMillis, into);
        releasedThroughMillis = Math.max(releasedThroughMillis, throughMillis);
        makeRoomAt = Math.min(makeRoomAt, nextTimeToMakeRoom());
    }

    private void releaseFromMemory(long throughMillis, Consumer<LabeledExample> into) {
        while (!waiting.isEmpty() && waiting.first().decidedTimeMillis() <= throughMillis) {
            into.accept(waiting.pollFirst());
        }
    }

    /** How many examples wait; one that came again and is not recognised yet counts twice. */
    public long size() {
        return waiting.size() + examplesElsewhere;
    }

    /** How many of these wait elsewhere. */
    public long elsewhere() {
        return examplesElsewhere;
    }

    /** How many examples came again and were dropped. */
    public long repeats() {
        return repeats;
    }

    /** Writes everything but the blocks. */
    public void save(DataOutputStream out) throws IOException {
        out.writeByte(VERSION);
        out.writeLong(releasedThroughMillis);
        out.writeLong(repeats);
        out.writeLong(nextBlock);
        out.writeLong(examplesElsewhere);
        out.writeInt(elsewhere.size());
        for (Map.Entry<Long, List<Long>> minute : elsewhere.entrySet()) {
            out.writeLong(minute.getKey());
            out.writeInt(minute.getValue().size());
            for (long block : minute.getValue()) {
                out.writeLong(block);
            }
        }
        bytes.writeAll(out, waiting);
    }

    /** Takes over what {@link #save} wrote, in a new buffer over the blocks of then. */
    public void restore(DataInputStream in) throws IOException {
        SavedState.expectVersion("order buffer", VERSION, in);
        releasedThroughMillis = in.readLong();
        repeats = in.readLong();
        nextBlock = in.readLong();
        examplesElsewhere = in.readLong();
        for (int minutes = in.readInt(); minutes > 0; minutes--) {
            List<Long> ofMinute = new ArrayList<>();
            elsewhere.put(in.readLong(), ofMinute);
            for (int left = in.readInt(); left > 0; left--) {
                ofMinute.add(in.readLong());
            }
        }
        waiting.addAll(bytes.readAll(in));
    }
}
