package freshet.jobs.join;

import freshet.features.binary.ByteReader;
import freshet.features.binary.ByteWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Which users have something due when: a list of users for each moment, which is a whole step of event time. It takes the
 * place of one timer per user in the state backend, which would be read, written and deleted for almost every event.
 *
 * <p>Nothing is taken out of a list before its moment. A user whose due moment has moved stands in the old list too, and says
 * when it is its turn that it is not meant ({@link #isDue}). So that a user does not stand twice in one list for every event
 * that comes before a far horizon, each remembers one later moment at which it stands already.
 *
 * <p>Users are listed as the objects that they are in memory, so that most need not be looked up; of one who was let go since,
 * only the id counts ({@link HotUsers#current}).
 *
 * <p>Layout of one key group, version 1: version byte; the number of moments; per moment signed varlong milliseconds after the
 * moment before, the number of users, and their ids. Not thread-safe.
 */
final class DueUsers {
    /** The due moment of a user who has none. */
    static final long NEVER = Long.MAX_VALUE;

    private static final int VERSION = 1;

    private final TreeMap<Long, List<HotUser>> byMoment = new TreeMap<>();
    /** The list that was asked for last, since most of the users of one step have the same one. */
    private long lastMoment = NEVER;

    private List<HotUser> last = new ArrayList<>();

    /** Moves the moment at which a user is due; {@link #NEVER} for no more. */
    void schedule(HotUser user, long moment) {
        long before = user.dueMillis;
        if (moment == before) {
            return;
        }
        user.dueMillis = moment;
        if (moment == user.alsoDueMillis) {
            user.alsoDueMillis = NEVER;
        } else if (moment != NEVER) {
            at(moment).add(user);
        }
        if (before != NEVER && before > moment && (user.alsoDueMillis == NEVER || user.alsoDueMillis < before)) {
            user.alsoDueMillis = before;
        }
    }

    /** The earliest moment at or before another, or null. */
    @Nullable
    Long earliest(long throughMillis) {
        Map.Entry<Long, List<HotUser>> first = byMoment.firstEntry();
        return first == null || first.getKey() > throughMillis ? null : first.getKey();
    }

    /** Takes a moment's users away: each must be asked whether it {@link #isDue}. */
    List<HotUser> take(long moment) {
        if (moment == lastMoment) {
            lastMoment = NEVER;
        }
        List<HotUser> users = byMoment.remove(moment);
        return users == null ? List.of() : users;
    }

    /** Whether a user who was taken at a moment is meant; if so, it is due no more until it is scheduled again. */
    boolean isDue(HotUser user, long moment) {
        if (moment == user.alsoDueMillis) {
            user.alsoDueMillis = NEVER;
        }
        if (moment != user.dueMillis) {
            return false;
        }
        user.dueMillis = NEVER;
        return true;
    }

    private List<HotUser> at(long moment) {
        if (moment != lastMoment) {
            lastMoment = moment;
            last = byMoment.computeIfAbsent(moment, none -> new ArrayList<>());
        }
        return last;
    }

    /** How many users stand in all lists together, those that are not meant included. */
    int size() {
        int size = 0;
        for (List<HotUser> users : byMoment.values()) {
            size += users.size();
        }
        return size;
    }

    /** To which key group a user belongs. */
    interface KeyGroups {
        int of(String userId);
    }

    /** Everything, as the bytes of each key group from {@code first} to {@code last}; what {@link #restore} takes. */
    byte[][] save(int first, int last) {
        List<Saving> saving = new ArrayList<>();
        for (int keyGroup = first; keyGroup <= last; keyGroup++) {
            saving.add(new Saving());
        }
        byMoment.forEach((moment, users) -> {
            for (HotUser user : users) {
                saving.get(user.keyGroup - first).add(moment, user.userId);
            }
        });
        return saving.stream().map(Saving::bytes).toArray(byte[][]::new);
    }

    /** One key group's part: moments come in order. */
    private static final class Saving {
        private final ByteWriter moments = new ByteWriter();
        private final List<String> users = new ArrayList<>();
        private int count;
        private long moment;
        private long written;

        void add(long atMoment, String user) {
            if (atMoment != moment) {
                close();
                moment = atMoment;
            }
            users.add(user);
        }

        private void close() {
            if (!users.isEmpty()) {
                moments.writeSignedVarLong(moment - written);
                moments.writeVarLong(users.size());
                users.forEach(moments::writeText);
                users.clear();
                written = moment;
                count++;
            }
        }

        byte[] bytes() {
            close();
            ByteWriter out = new ByteWriter(moments.size() + 16);
            out.writeByte(VERSION);
            out.writeVarLong(count);
            out.writeBlock(moments.toByteArray());
            return out.toByteArray();
        }
    }

    /** Takes over a key group. Throws {@link IllegalStateException} for bytes that are damaged or newer than this release. */
    void restore(int keyGroup, byte[] bytes) {
        ByteReader in = new ByteReader("the due users of a key group", bytes);
        in.readVersion(VERSION);
        int count = in.readCount(0);
        ByteReader moments = new ByteReader("the due users of a key group", in.readBlock());
        in.end();
        long moment = 0;
        for (int i = 0; i < count; i++) {
            moment += moments.readSignedVarLong();
            List<HotUser> users = at(moment);
            for (int n = moments.readCount(1); n > 0; n--) {
                users.add(HotUser.named(moments.readText(), keyGroup));
            }
        }
        moments.end();
    }
}
