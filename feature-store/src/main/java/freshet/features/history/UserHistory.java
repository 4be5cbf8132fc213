package freshet.features.history;

import freshet.features.binary.ByteReader;
import freshet.features.binary.ByteWriter;
import freshet.features.binary.IdFingerprint;
import freshet.serde.event.Feedback;
import freshet.serde.event.HistorySeed;
import freshet.serde.event.Impression;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Everything that is remembered of one viewer: how much was shown, what was watched when, and the last videos of each kind.
 * Fed in event order ({@link freshet.serde.event.Event#ORDER}) with each event once; then its content, and so every
 * feature, is a function of the events alone.
 *
 * <p>Bounded: counts are kept of the channels and videos met last ({@link HistoryNeeds}); one that was forgotten starts
 * again from 0. Channels and videos are stored as {@link IdFingerprint}es, since only their counts are read; recent videos are
 * stored by name, since they are a feature's values.
 *
 * <p>Layout, version 3: version byte; flags (1 seeded, 2 not without events); varlong impressions; if there were events, signed
 * varlong time of the newest; the times of the last (kinds, then per kind its name and varlong distance from the newest event);
 * impressions since (kinds, then per kind its name and a varlong); the recent videos (kinds, then per kind its name and its
 * videos, oldest first); the decayed counts (how many half-lives, then per half-life varlong milliseconds, signed varlong as of,
 * kinds, then per kind its name and 8 bytes of impressions, kinds, then per kind its name and 8 bytes of feedback); the tables by
 * field ({@link ScopeTable}: name; columns, each a byte, text and varlong; linked fields; rows, oldest first, each 8 bytes hash,
 * a number per column and hashes per linked field). Versions 1, without decayed counts, and 2, with fixed tables of channels and
 * videos, are still read.
 */
public final class UserHistory {
    /** The kind of {@link #recentVideos} and of times that impressions feed. */
    public static final String SHOWN = "shown";
    /** The time of what never was. */
    public static final long NEVER = Long.MIN_VALUE;

    private static final int VERSION = 3;
    private static final int SEEDED = 1;
    private static final int HAS_EVENTS = 2;

    private static final int OLD_WITHOUT_DECAYED_COUNTS = 1;
    private static final int OLD_WATCHED = 2;
    private static final String OLD_CHANNEL = "channel_id";

    private static final String[] NO_VIDEOS = {};
    private static final ScopeTable[] NO_TABLES = {};

    /** About what this object and the heads of its arrays take of the heap. */
    private static final int OVERHEAD_BYTES = 120;

    private boolean seeded;
    private long impressions;
    /** Event time of the newest event; NEVER before the first. */
    private long newestMillis = NEVER;
    /** That of the needs of the last event; else what was found in the bytes, or nothing. */
    private HistoryLayout layout = HistoryLayout.NOTHING;

    private long[] numbers = HistoryLayout.NOTHING.blank();
    private RecentVideos recent = new RecentVideos(0);
    private ScopeTable[] tables = NO_TABLES;

    /** How many impressions there were, those of a seed included. */
    public long impressions() {
        return impressions;
    }

    /** Event time of the last impression ({@link #SHOWN}) or feedback of a kind, or {@link #NEVER}. */
    public long lastMillis(String kind) {
        int place = layout.lastTimeOf(kind);
        return place < 0 ? NEVER : numbers[place];
    }

    /** Impressions since the last feedback of a kind; -1 if there was none. */
    public long impressionsSince(String kind) {
        int place = layout.countSinceOf(kind);
        return place < 0 ? HistoryLayout.NONE_YET : numbers[place];
    }

    /** How often one id of a scope was shown. */
    public long impressionsOf(String scope, String id) {
        ScopeTable table = table(scope);
        int row = table == null ? -1 : table.find(IdFingerprint.of(id));
        int column = table == null ? -1 : table.column(Column.Kind.IMPRESSIONS, "", 0);
        return table == null || row < 0 || column < 0 ? 0 : table.value(row, column);
    }

    /** Event time at which one id of a scope was last shown, or last got feedback of a kind; or {@link #NEVER}. */
    public long lastMillisOf(String scope, String id, String kind) {
        ScopeTable table = table(scope);
        int row = table == null ? -1 : table.find(IdFingerprint.of(id));
        int column = table == null ? -1 : table.column(Column.Kind.LAST, kind, 0);
        return table == null || row < 0 || column < 0 ? NEVER : table.value(row, column);
    }

    /** Impressions of one id of a scope counted with a half-life, as of a moment that is not before the last event. */
    public double decayedImpressionsOf(String scope, String id, long halfLifeMillis, long asOfMillis) {
        return decayedOf(scope, id, Column.Kind.SHOWN, "", halfLifeMillis, asOfMillis);
    }

    /** Feedback of a kind to one id of a scope counted with a half-life, as of a moment that is not before the last event. */
    public double decayedFeedbackOf(String scope, String id, String kind, long halfLifeMillis, long asOfMillis) {
        return decayedOf(scope, id, Column.Kind.FELT, kind, halfLifeMillis, asOfMillis);
    }

    private double decayedOf(
            String scope, String id, Column.Kind what, String of, long halfLifeMillis, long asOfMillis) {
        ScopeTable table = table(scope);
        int row = table == null ? -1 : table.find(IdFingerprint.of(id));
        if (table == null || row < 0) {
            return 0;
        }
        int column = table.column(what, of, halfLifeMillis);
        int decayedTo = table.column(Column.Kind.DECAYED_TO, "", 0);
        if (column < 0 || decayedTo < 0 || table.value(row, decayedTo) == NEVER) {
            return 0;
        }
        return Double.longBitsToDouble(table.value(row, column))
                * decay(asOfMillis - table.value(row, decayedTo), halfLifeMillis);
    }

    private static double decay(long millis, long halfLifeMillis) {
        return millis <= 0 ? 1 : StrictMath.pow(0.5, millis / (double) halfLifeMillis);
    }

    private @Nullable ScopeTable table(String scope) {
        for (ScopeTable table : tables) {
            if (table.scope().equals(scope)) {
                return table;
            }
        }
        return null;
    }

    /** Whether at a moment nothing of this counts any more, so long ago was its last event. */
    public boolean isExpired(long atMillis, HistoryNeeds needs) {
        // Never is as far from now as a long can say, and a difference of such two would overflow.
        return needs.expireAfterMillis() != HistoryNeeds.NEVER_EXPIRES
                && newestMillis != NEVER
                && atMillis > newestMillis
                && atMillis - newestMillis > needs.expireAfterMillis();
    }

    /**
     * Impressions of which it is known whether they were answered by this kind, counted with a half-life, as of a moment
     * that is not before the last event.
     */
    public double decayedImpressions(String kind, long halfLifeMillis, long asOfMillis) {
        DecayedCounts counts = layout.decayedBy(halfLifeMillis);
        return counts == null ? 0 : counts.shownAsOf(numbers, kind, asOfMillis);
    }

    /** Feedback of a kind counted with a half-life, as of a moment that is not before the last event. */
    public double decayedFeedback(String kind, long halfLifeMillis, long asOfMillis) {
        DecayedCounts counts = layout.decayedBy(halfLifeMillis);
        return counts == null ? 0 : counts.feltAsOf(numbers, kind, asOfMillis);
    }

    /** The last distinct videos of a kind, newest first, at most {@code count}. */
    public String[] recentVideos(String kind, int count) {
        int list = layout.recentOf(kind);
        return list < 0 ? NO_VIDEOS : recent.newest(list, count);
    }

    /** The same as bytes: how many as a varlong, then each as text. */
    public void writeRecentVideos(String kind, int count, ByteWriter out) {
        int list = layout.recentOf(kind);
        if (list < 0) {
            out.writeVarLong(0);
        } else {
            recent.writeNewest(list, count, out);
        }
    }

    /**
     * Takes what is known from before the stream as the viewer's oldest events. Returns false, and changes nothing, if a
     * seed was taken before.
     */
    public boolean seed(HistorySeed seed, HistoryNeeds needs) {
        if (seeded) {
            return false;
        }
        begin(seed.eventTimeMillis(), needs);
        seeded = true;
        impressions += seed.impressions();
        for (Map.Entry<String, List<String>> entry : seed.recentVideos().entrySet()) {
            putBefore(entry.getKey(), entry.getValue(), needs);
        }
        for (DecayedCounts counts : layout.decayed()) {
            counts.addShown(numbers, seed.recentVideos().keySet(), seed.impressions(), seed.eventTimeMillis());
            for (String kind : seed.recentVideos().keySet()) {
                if (counts.keeps(kind)) {
                    counts.addFelt(numbers, kind, feltBefore(seed, kind), seed.eventTimeMillis());
                }
            }
        }
        return true;
    }

    /**
     * How often a seed's viewer answered with this kind. A list that is shorter than that of the videos shown holds every
     * time; one as long may have been cut, then the share among the videos shown stands for all impressions.
     */
    private static double feltBefore(HistorySeed seed, String kind) {
        List<String> felt = seed.recentVideos().getOrDefault(kind, List.of());
        List<String> shown = seed.recentVideos().getOrDefault(SHOWN, List.of());
        if (felt.size() < shown.size() || shown.isEmpty()) {
            return felt.size();
        }
        Set<String> videos = Set.copyOf(felt);
        return seed.impressions()
                * (double) shown.stream().filter(videos::contains).count()
                / shown.size();
    }

    /** Remembers videos as older than all that are remembered of a kind. */
    private void putBefore(String kind, List<String> oldestFirst, HistoryNeeds needs) {
        String[] newer = recentVideos(kind, Integer.MAX_VALUE);
        oldestFirst.forEach(video -> remember(kind, video, needs));
        for (int i = newer.length - 1; i >= 0; i--) {
            remember(kind, newer[i], needs);
        }
    }

    /** Takes an impression, after its features were extracted. */
    public void shown(Impression impression, HistoryNeeds needs) {
        long timeMillis = impression.eventTimeMillis();
        begin(timeMillis, needs);
        impressions++;
        countSince();
        putLastTime(SHOWN, timeMillis);
        remember(SHOWN, impression.videoId(), needs);
        for (DecayedCounts counts : layout.decayed()) {
            counts.addShown(numbers, timeMillis);
        }
        for (int scope = 0; scope < tables.length; scope++) {
            shown(impression, needs.scopes().get(scope), tables[scope]);
        }
        if (!needs.linked().isEmpty()) {
            link(impression, needs);
        }
    }

    private void countSince() {
        int first = layout.firstCountSince();
        for (int place = first; place < first + layout.countsSince().length; place++) {
            numbers[place] += numbers[place] == HistoryLayout.NONE_YET ? 0 : 1;
        }
    }

    private void putLastTime(String kind, long timeMillis) {
        int place = layout.lastTimeOf(kind);
        if (place >= 0) {
            numbers[place] = timeMillis;
        }
    }

    private static void shown(Impression impression, ScopeNeeds needs, ScopeTable table) {
        int count = Math.min(needs.ids().count(impression), ScopeIds.MAX_IDS);
        for (int i = 0; i < count; i++) {
            if (!isRepeated(needs.ids(), impression, i)) {
                int row = table.touch(IdFingerprint.of(needs.ids().id(impression, i)), needs.maxRows());
                decayRow(table, row, impression.eventTimeMillis());
                for (int column = 0; column < table.columns(); column++) {
                    Column each = table.columnAt(column);
                    if (each.kind() == Column.Kind.IMPRESSIONS) {
                        table.set(row, column, table.value(row, column) + 1);
                    } else if (each.kind() == Column.Kind.SHOWN) {
                        addOne(table, row, column);
                    } else if (each.kind() == Column.Kind.LAST && each.of().equals(SHOWN)) {
                        table.set(row, column, impression.eventTimeMillis());
                    }
                }
            }
        }
    }

    /** An id that a list names twice counts once. */
    private static boolean isRepeated(ScopeIds ids, Impression impression, int index) {
        for (int i = 0; i < index; i++) {
            if (ids.id(impression, i).equals(ids.id(impression, index))) {
                return true;
            }
        }
        return false;
    }

    /** Remembers with the video the ids that feedback to it will count for. */
    private void link(Impression impression, HistoryNeeds needs) {
        ScopeTable videos = table(HistoryNeeds.VIDEO);
        int row = videos == null ? -1 : videos.find(IdFingerprint.of(impression.videoId()));
        if (videos == null || row < 0) {
            return;
        }
        long[] hashes = new long[needs.linked().size() * (1 + ScopeIds.MAX_IDS)];
        int size = 0;
        for (ScopeIds field : needs.linked()) {
            int count = Math.min(field.count(impression), ScopeIds.MAX_IDS);
            int at = size++;
            for (int i = 0; i < count; i++) {
                if (!isRepeated(field, impression, i)) {
                    hashes[size++] = IdFingerprint.of(field.id(impression, i));
                }
            }
            hashes[at] = size - at - 1;
        }
        videos.link(row, Arrays.copyOf(hashes, size));
    }

    /** Takes feedback of any kind; only a positive value says that something happened. */
    public void felt(Feedback feedback, HistoryNeeds needs) {
        if (!(feedback.value() > 0)) {
            return;
        }
        String kind = feedback.kind();
        long timeMillis = feedback.eventTimeMillis();
        begin(timeMillis, needs);
        remember(kind, feedback.videoId(), needs);
        for (DecayedCounts counts : layout.decayed()) {
            counts.addFelt(numbers, kind, 1, timeMillis);
        }
        putLastTime(kind, timeMillis);
        int since = layout.countSinceOf(kind);
        if (since >= 0) {
            numbers[since] = 0;
        }
        felt(feedback, needs, table(HistoryNeeds.VIDEO));
    }

    private void felt(Feedback feedback, HistoryNeeds needs, @Nullable ScopeTable videos) {
        long video = IdFingerprint.of(feedback.videoId());
        int videoRow = videos == null ? -1 : videos.find(video);
        long[] links = videos == null || videoRow < 0 ? ScopeTable.NO_LINKS : videos.links(videoRow);
        for (int scope = 0; scope < needs.scopes().size(); scope++) {
            ScopeNeeds each = needs.scopes().get(scope);
            ScopeTable table = tables[scope];
            if (!each.asksFor(feedback.kind())) {
                continue;
            }
            if (table == videos) {
                felt(feedback, table, video, each.maxRows());
            } else if (videos != null) {
                int at = videos.linksOf(each.ids().name(), links);
                for (int i = 1; at >= 0 && i <= links[at]; i++) {
                    felt(feedback, table, links[at + i], each.maxRows());
                }
            }
        }
    }

    private static void felt(Feedback feedback, ScopeTable table, long key, int maxRows) {
        int row = table.touch(key, maxRows);
        decayRow(table, row, feedback.eventTimeMillis());
        for (int column = 0; column < table.columns(); column++) {
            Column each = table.columnAt(column);
            if (each.isOfFeedback(feedback.kind())) {
                if (each.kind() == Column.Kind.FELT) {
                    addOne(table, row, column);
                } else {
                    table.set(row, column, feedback.eventTimeMillis());
                }
            }
        }
    }

    private static void addOne(ScopeTable table, int row, int column) {
        table.set(row, column, Double.doubleToRawLongBits(Double.longBitsToDouble(table.value(row, column)) + 1));
    }

    private static void decayRow(ScopeTable table, int row, long timeMillis) {
        int decayedTo = table.column(Column.Kind.DECAYED_TO, "", 0);
        if (decayedTo < 0) {
            return;
        }
        long before = table.value(row, decayedTo);
        table.set(row, decayedTo, timeMillis);
        for (int column = 0; before != NEVER && column < table.columns(); column++) {
            Column each = table.columnAt(column);
            if (each.isDecayed()) {
                double count = Double.longBitsToDouble(table.value(row, column));
                table.set(
                        row,
                        column,
                        Double.doubleToRawLongBits(count * decay(timeMillis - before, each.halfLifeMillis())));
            }
        }
    }

    /** What comes before every event: forgets everything if this is the first for too long, and keeps what features ask for. */
    private void begin(long timeMillis, HistoryNeeds needs) {
        if (isExpired(timeMillis, needs)) {
            forget();
        }
        newestMillis = Math.max(newestMillis, timeMillis);
        if (layout != needs.layout()) {
            align(needs);
        }
    }

    private void forget() {
        impressions = 0;
        layout = HistoryLayout.NOTHING;
        numbers = layout.blank();
        recent = new RecentVideos(0);
        tables = NO_TABLES;
    }

    /** A feature that is new starts from nothing known, and what no feature asks for any more is dropped. */
    private void align(HistoryNeeds needs) {
        HistoryLayout before = layout;
        layout = needs.layout();
        numbers = layout.moved(numbers, before);
        RecentVideos known = recent;
        recent = new RecentVideos(layout.recent().length);
        for (int list = 0; list < layout.recent().length; list++) {
            int old = before.recentOf(layout.recent()[list]);
            if (old >= 0) {
                recent.take(list, known, old);
            }
        }
        tables = aligned(needs);
    }

    private ScopeTable[] aligned(HistoryNeeds needs) {
        List<String> linked = needs.linked().stream().map(ScopeIds::name).toList();
        List<ScopeTable> all = new ArrayList<>(needs.scopes().size());
        for (ScopeNeeds scope : needs.scopes()) {
            String name = scope.ids().name();
            List<String> links = name.equals(HistoryNeeds.VIDEO) ? linked : List.of();
            ScopeTable known = table(name);
            if (known == null) {
                known = new ScopeTable(name, scope.columns(), links, 0);
            } else {
                known.align(scope.columns(), links);
            }
            all.add(known);
        }
        return all.toArray(NO_TABLES);
    }

    private void remember(String kind, String videoId, HistoryNeeds needs) {
        int list = layout.recentOf(kind);
        if (list >= 0) {
            recent.remember(list, videoId, needs.recentVideos(kind));
        }
    }

    /** About what this takes of the heap: counted in parts, not measured. */
    public long heapBytes() {
        long bytes = OVERHEAD_BYTES + Long.BYTES * (long) numbers.length + recent.heapBytes();
        for (ScopeTable table : tables) {
            bytes += table.heapBytes();
        }
        return bytes;
    }

    /** Reads a little of every part, so that the processor fetches it from memory; the result has no meaning. */
    public long prefetch() {
        long seen = recent.prefetch() + (numbers.length == 0 ? 0 : numbers[0]);
        for (ScopeTable table : tables) {
            seen += table.prefetch();
        }
        return seen;
    }

    public byte[] encode() {
        ByteWriter out = new ByteWriter();
        writeTo(out);
        return out.toByteArray();
    }

    /** Throws {@link IllegalStateException} for bytes that are damaged or newer than this release. */
    public static UserHistory decode(byte[] bytes) {
        ByteReader in = new ByteReader("a user's history", bytes);
        UserHistory history = readFrom(in);
        in.end();
        return history;
    }

    public void writeTo(ByteWriter out) {
        out.writeByte(VERSION);
        boolean hasEvents = newestMillis != NEVER;
        out.writeByte((seeded ? SEEDED : 0) | (hasEvents ? HAS_EVENTS : 0));
        out.writeVarLong(impressions);
        if (hasEvents) {
            out.writeSignedVarLong(newestMillis);
        }
        writeTimes(out);
        writeCountsSince(out);
        writeRecent(out);
        int counted = 0;
        for (DecayedCounts counts : layout.decayed()) {
            counted += counts.asOfMillis(numbers) == NEVER ? 0 : 1;
        }
        out.writeVarLong(counted);
        for (DecayedCounts counts : layout.decayed()) {
            if (counts.asOfMillis(numbers) != NEVER) {
                counts.writeTo(out, numbers);
            }
        }
        out.writeVarLong(tables.length);
        for (ScopeTable table : tables) {
            table.writeTo(out, newestMillis);
        }
    }

    private void writeTimes(ByteWriter out) {
        String[] kinds = layout.lastTimes();
        out.writeVarLong(known(0, kinds.length, NEVER));
        for (int i = 0; i < kinds.length; i++) {
            if (numbers[i] != NEVER) {
                out.writeText(kinds[i]);
                out.writeVarLong(newestMillis - numbers[i]);
            }
        }
    }

    private void writeCountsSince(ByteWriter out) {
        String[] kinds = layout.countsSince();
        int first = layout.firstCountSince();
        out.writeVarLong(known(first, kinds.length, HistoryLayout.NONE_YET));
        for (int i = 0; i < kinds.length; i++) {
            if (numbers[first + i] != HistoryLayout.NONE_YET) {
                out.writeText(kinds[i]);
                out.writeVarLong(numbers[first + i]);
            }
        }
    }

    private int known(int first, int count, long unknown) {
        int known = 0;
        for (int place = first; place < first + count; place++) {
            known += numbers[place] == unknown ? 0 : 1;
        }
        return known;
    }

    private void writeRecent(ByteWriter out) {
        String[] kinds = layout.recent();
        int known = 0;
        for (int list = 0; list < kinds.length; list++) {
            known += recent.count(list) == 0 ? 0 : 1;
        }
        out.writeVarLong(known);
        for (int list = 0; list < kinds.length; list++) {
            if (recent.count(list) > 0) {
                out.writeText(kinds[list]);
                recent.writeOldestFirst(list, out);
            }
        }
    }

    /** Throws {@link IllegalStateException} for bytes that are damaged or newer than this release. */
    public static UserHistory readFrom(ByteReader in) {
        int version = in.readVersion(VERSION);
        UserHistory history = new UserHistory();
        if (version < VERSION) {
            history.readOld(version, in);
            return history;
        }
        int flags = in.readByte();
        history.seeded = (flags & SEEDED) != 0;
        history.impressions = in.readVarLong();
        if ((flags & HAS_EVENTS) != 0) {
            history.newestMillis = in.readSignedVarLong();
        }
        WrittenHistory written = new WrittenHistory();
        for (int kinds = in.readCount(2); kinds > 0; kinds--) {
            written.lastTimes.put(in.readText(), history.newestMillis - in.readVarLong());
        }
        for (int kinds = in.readCount(2); kinds > 0; kinds--) {
            written.countsSince.put(in.readText(), in.readVarLong());
        }
        written.readRecent(in);
        written.readDecayed(in);
        history.take(written);
        history.tables = new ScopeTable[in.readCount(4)];
        for (int table = 0; table < history.tables.length; table++) {
            history.tables[table] = ScopeTable.readFrom(in, history.newestMillis);
        }
        return history;
    }

    private void take(WrittenHistory written) {
        newestMillis = Math.max(newestMillis, written.decayedToMillis());
        layout = written.layout();
        numbers = written.numbers(layout);
        recent = written.recent(layout);
    }

    /** Versions 1 and 2: the last watch, and fixed tables of channels and of videos with their channel. */
    private void readOld(int version, ByteReader in) {
        int flags = in.readByte();
        seeded = (flags & SEEDED) != 0;
        impressions = in.readVarLong();
        WrittenHistory written = new WrittenHistory();
        if ((flags & OLD_WATCHED) != 0) {
            newestMillis = in.readSignedVarLong();
            written.lastTimes.put(Feedback.WATCH, newestMillis);
        }
        written.readRecent(in);
        int rows = in.readCount(10);
        ScopeTable channels = new ScopeTable(
                OLD_CHANNEL, List.of(Column.impressions(), Column.last(Feedback.WATCH)), List.of(), rows);
        for (; rows > 0; rows--) {
            int row = channels.touch(in.readFixedLong(), Integer.MAX_VALUE);
            channels.set(row, 0, in.readVarLong());
            long sinceWatch = in.readVarLong();
            channels.set(row, 1, sinceWatch == 0 ? NEVER : newestMillis + 1 - sinceWatch);
        }
        rows = in.readCount(17);
        ScopeTable videos =
                new ScopeTable(HistoryNeeds.VIDEO, List.of(Column.impressions()), List.of(OLD_CHANNEL), rows);
        for (; rows > 0; rows--) {
            int row = videos.touch(in.readFixedLong(), Integer.MAX_VALUE);
            videos.set(row, 0, in.readVarLong());
            long channel = in.readFixedLong();
            videos.link(row, channel == 0 ? ScopeTable.NO_LINKS : new long[] {1, channel});
        }
        tables = new ScopeTable[] {channels, videos};
        if (version > OLD_WITHOUT_DECAYED_COUNTS) {
            written.readDecayed(in);
        }
        take(written);
    }
}
