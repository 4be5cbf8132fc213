package freshet.jobs.train;

import freshet.jobs.state.SavedState;
import freshet.serde.control.ControlCodec;
import freshet.serde.control.TrainerCommand;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Commands that wait for their moment, which is always the boundary of a tick: there a batch ends in any case, so a command does
 * not change how examples are cut. Remembers what it has taken, so that a command that comes twice is carried out once. One thread.
 */
final class CommandQueue {
    /** {@link #nextMillis} where nothing waits. */
    static final long NONE = Long.MAX_VALUE;

    private static final byte VERSION = 1;

    /** Of so many of the newest commands; the topic repeats one only right behind it. */
    private static final int REMEMBERED = 1000;

    private final long tickMillis;
    private final Set<String> taken = new LinkedHashSet<>();
    /** By their moments, of one moment in the order in which they came. */
    private final List<Waiting> waiting = new ArrayList<>();

    CommandQueue(long tickMillis) {
        this.tickMillis = tickMillis;
    }

    /** @param atMillis when it is to be carried out */
    record Waiting(TrainerCommand command, long atMillis) {}

    /**
     * Takes a command, unless it was taken before: it is due at the first boundary of a tick that is neither before the time that it
     * names itself nor before what has been passed.
     *
     * @param passedMillis everything decided before this moment has been dealt with
     */
    void add(TrainerCommand command, long passedMillis) {
        if (!taken.add(command.id())) {
            return;
        }
        if (taken.size() > REMEMBERED) {
            taken.remove(taken.iterator().next());
        }
        long earliest = Math.max(command.atMillis(), passedMillis);
        Waiting added = new Waiting(command, -Math.floorDiv(-earliest, tickMillis) * tickMillis);
        int place = waiting.size();
        while (place > 0 && waiting.get(place - 1).atMillis() > added.atMillis()) {
            place--;
        }
        waiting.add(place, added);
    }

    /** When the next command is due; {@link #NONE} without one. */
    long nextMillis() {
        return waiting.isEmpty() ? NONE : waiting.get(0).atMillis();
    }

    /** Takes the next command out. */
    Waiting poll() {
        return waiting.remove(0);
    }

    /** Number of commands that wait. */
    int size() {
        return waiting.size();
    }

    void save(DataOutput out) throws IOException {
        out.writeByte(VERSION);
        out.writeInt(taken.size());
        for (String id : taken) {
            SavedState.writeText(out, id);
        }
        out.writeInt(waiting.size());
        for (Waiting one : waiting) {
            out.writeLong(one.atMillis());
            SavedState.writeText(out, ControlCodec.line(one.command()));
        }
    }

    void restore(DataInput in) throws IOException {
        SavedState.expectVersion("commands", VERSION, in);
        taken.clear();
        for (int count = in.readInt(); count > 0; count--) {
            taken.add(SavedState.readText(in));
        }
        waiting.clear();
        for (int count = in.readInt(); count > 0; count--) {
            long atMillis = in.readLong();
            waiting.add(new Waiting(ControlCodec.command(SavedState.readText(in)), atMillis));
        }
    }
}
