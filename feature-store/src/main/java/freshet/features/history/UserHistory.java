package freshet.features.history;

import freshet.features.binary.ByteReader;
import freshet.features.binary.ByteWriter;
import freshet.features.binary.IdHash;
import freshet.serde.event.Feedback;
import freshet.serde.event.HistorySeed;
import freshet.serde.event.Impression;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Everything that is remembered of one viewer: how much was shown, what was watched when, and the last videos of each kind.
 * Fed in event order ({@link freshet.serde.event.Event#ORDER}) with each event once; then its content, and so every
 * feature, is a function of the events alone.
 *
 * <p>Bounded: counts are kept of the channels and videos met last ({@link HistoryNeeds}); one that was forgotten starts
 * again from 0. Channels and videos are stored as {@link IdHash}es, since only their counts are read; recent videos are
 * stored by name, since they are a feature's values.
 *
 * <p>Layout, version 2: version byte; flags (1 seeded, 2 watched); varlong impressions; if watched, signed varlong last
 * watch; the recent videos (kinds, then per kind its name and its videos, oldest first); the channels (count, then per
 * channel 8 bytes hash, varlong impressions, varlong 0 or 1 + milliseconds from its last watch to the last watch of all); the
 * videos (count, then per video 8 bytes hash, varlong impressions, 8 bytes hash of its channel), each oldest first; the decayed
 * counts (how many half-lives, then per half-life varlong milliseconds, signed varlong as of, kinds, then per kind its name
 * and 8 bytes of impressions, kinds, then per kind its name and 8 bytes of feedback). Version 1 ends before the decayed counts.
 */
public final class UserHistory {
    /** The kind of {@link #recentVideos} that impressions feed. */
    public static final String SHOWN = "shown";
    /** The time of a watch that never was. */
    public static final long NEVER = Long.MIN_VALUE;

    private static final int VERSION = 2;
    private static final int VERSION_WITHOUT_DECAYED_COUNTS = 1;
    private static final int SEEDED = 1;
    private static final int WATCHED = 2;
    /** Stands for "no channel" among hashed channels. */
    private static final long NO_CHANNEL = 0;

    private static final String[] NO_VIDEOS = {};

    private boolean seeded;
    private long impressions;
    private long lastWatchMillis = NEVER;
    /** By kind; videos oldest first. */
    private final SortedMap<String, List<String>> recent = new TreeMap<>();
    /** By half-life in milliseconds. */
    private final SortedMap<Long, DecayedCounts> decayed = new TreeMap<>();
    /** Extra: time of the channel's last watch, or NEVER. */
    private RecencyTable channels = new RecencyTable(0);
    /** Extra: hash of the channel the video was last shown with. */
    private RecencyTable videos = new RecencyTable(0);

    /** How many impressions there were, those of a seed included. */
    public long impressions() {
        return impressions;
    }

    public long impressionsOfChannel(String channelId) {
        return count(channels, channelId);
    }

    public long impressionsOfVideo(String videoId) {
        return count(videos, videoId);
    }

    private static long count(RecencyTable table, String id) {
        int row = table.find(IdHash.of(id));
        return row < 0 ? 0 : table.count(row);
    }

    /** Event time of the last watch of anything, or {@link #NEVER}. */
    public long lastWatchMillis() {
        return lastWatchMillis;
    }

    /** Event time of the last watch of a video of this channel, or {@link #NEVER}. */
    public long lastWatchOfChannelMillis(String channelId) {
        int row = channels.find(IdHash.of(channelId));
        return row < 0 ? NEVER : channels.extra(row);
    }

    /**
     * Impressions of which it is known whether they were answered by this kind, counted with a half-life, as of a moment
     * that is not before the last event.
     */
    public double decayedImpressions(String kind, long halfLifeMillis, long asOfMillis) {
        DecayedCounts counts = decayed.get(halfLifeMillis);
        return counts == null ? 0 : counts.shownAsOf(kind, asOfMillis);
    }

    /** Feedback of a kind counted with a half-life, as of a moment that is not before the last event. */
    public double decayedFeedback(String kind, long halfLifeMillis, long asOfMillis) {
        DecayedCounts counts = decayed.get(halfLifeMillis);
        return counts == null ? 0 : counts.feltAsOf(kind, asOfMillis);
    }

    /** The last distinct videos of a kind, newest first, at most {@code count}. */
    public String[] recentVideos(String kind, int count) {
        List<String> all = recent.get(kind);
        if (all == null) {
            return NO_VIDEOS;
        }
        int size = Math.min(count, all.size());
        String[] newest = new String[size];
        for (int i = 0; i < size; i++) {
            newest[i] = all.get(all.size() - 1 - i);
        }
        return newest;
    }

    /**
     * Takes what is known from before the stream as the viewer's oldest events. Returns false, and changes nothing, if a
     * seed was taken before.
     */
    public boolean seed(HistorySeed seed, HistoryNeeds needs) {
        if (seeded) {
            return false;
        }
        seeded = true;
        impressions += seed.impressions();
        for (Map.Entry<String, List<String>> entry : seed.recentVideos().entrySet()) {
            String kind = entry.getKey();
            List<String> newer = recent.remove(kind);
            entry.getValue().forEach(video -> remember(kind, video, needs));
            if (newer != null) {
                newer.forEach(video -> remember(kind, video, needs));
            }
        }
        needs.rates().forEach((halfLifeMillis, kinds) -> {
            DecayedCounts counts = decayed(halfLifeMillis);
            List<String> known =
                    kinds.stream().filter(seed.recentVideos()::containsKey).toList();
            counts.addShown(known, seed.impressions(), seed.eventTimeMillis());
            known.forEach(kind -> counts.addFelt(kind, feltBefore(seed, kind), seed.eventTimeMillis()));
        });
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

    private DecayedCounts decayed(long halfLifeMillis) {
        return decayed.computeIfAbsent(halfLifeMillis, DecayedCounts::new);
    }

    /** Takes an impression, after its features were extracted. */
    public void shown(Impression impression, HistoryNeeds needs) {
        impressions++;
        remember(SHOWN, impression.videoId(), needs);
        needs.rates()
                .forEach((halfLifeMillis, kinds) ->
                        decayed(halfLifeMillis).addShown(kinds, 1, impression.eventTimeMillis()));
        String channelId = impression.channelId();
        long channel = hashOrNone(channelId);
        if (needs.maxChannels() > 0 && channel != NO_CHANNEL) {
            int row = channels.touch(channel, NEVER, needs.maxChannels());
            channels.set(row, channels.count(row) + 1, channels.extra(row));
        }
        if (needs.maxVideos() > 0) {
            int row = videos.touch(IdHash.of(impression.videoId()), NO_CHANNEL, needs.maxVideos());
            videos.set(row, videos.count(row) + 1, channel);
        }
    }

    /** Takes feedback of any kind; only a positive value says that something happened. */
    public void felt(Feedback feedback, HistoryNeeds needs) {
        if (!(feedback.value() > 0)) {
            return;
        }
        remember(feedback.kind(), feedback.videoId(), needs);
        needs.rates().forEach((halfLifeMillis, kinds) -> {
            if (kinds.contains(feedback.kind())) {
                decayed(halfLifeMillis).addFelt(feedback.kind(), 1, feedback.eventTimeMillis());
            }
        });
        if (feedback.kind().equals(Feedback.WATCH)) {
            lastWatchMillis = feedback.eventTimeMillis();
            int video = needs.maxChannels() > 0 ? videos.find(IdHash.of(feedback.videoId())) : -1;
            if (video >= 0 && videos.extra(video) != NO_CHANNEL) {
                int row = channels.touch(videos.extra(video), NEVER, needs.maxChannels());
                channels.set(row, channels.count(row), lastWatchMillis);
            }
        }
    }

    private static long hashOrNone(@Nullable String channelId) {
        return channelId == null || channelId.isEmpty() ? NO_CHANNEL : IdHash.of(channelId);
    }

    private void remember(String kind, String videoId, HistoryNeeds needs) {
        int most = needs.recentVideos(kind);
        if (most == 0) {
            return;
        }
        List<String> kept = recent.computeIfAbsent(kind, name -> new ArrayList<>());
        kept.remove(videoId);
        kept.add(videoId);
        if (kept.size() > most) {
            kept.subList(0, kept.size() - most).clear();
        }
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
        boolean watched = lastWatchMillis != NEVER;
        out.writeByte((seeded ? SEEDED : 0) | (watched ? WATCHED : 0));
        out.writeVarLong(impressions);
        if (watched) {
            out.writeSignedVarLong(lastWatchMillis);
        }
        out.writeVarLong(recent.size());
        for (Map.Entry<String, List<String>> entry : recent.entrySet()) {
            out.writeText(entry.getKey());
            out.writeVarLong(entry.getValue().size());
            entry.getValue().forEach(out::writeText);
        }
        out.writeVarLong(channels.size());
        for (int row = 0; row < channels.size(); row++) {
            out.writeFixedLong(channels.key(row));
            out.writeVarLong(channels.count(row));
            long watch = channels.extra(row);
            out.writeVarLong(watch == NEVER ? 0 : 1 + lastWatchMillis - watch);
        }
        out.writeVarLong(videos.size());
        for (int row = 0; row < videos.size(); row++) {
            out.writeFixedLong(videos.key(row));
            out.writeVarLong(videos.count(row));
            out.writeFixedLong(videos.extra(row));
        }
        out.writeVarLong(decayed.size());
        decayed.values().forEach(counts -> counts.writeTo(out));
    }

    public static UserHistory readFrom(ByteReader in) {
        int version = in.readVersion(VERSION);
        UserHistory history = new UserHistory();
        int flags = in.readByte();
        history.seeded = (flags & SEEDED) != 0;
        history.impressions = in.readVarLong();
        if ((flags & WATCHED) != 0) {
            history.lastWatchMillis = in.readSignedVarLong();
        }
        for (int kinds = in.readCount(2); kinds > 0; kinds--) {
            String kind = in.readText();
            int size = in.readCount(1);
            List<String> kept = new ArrayList<>(size + 1);
            for (int i = 0; i < size; i++) {
                kept.add(in.readText());
            }
            history.recent.put(kind, kept);
        }
        int channels = in.readCount(10);
        history.channels = new RecencyTable(channels);
        for (int row = 0; row < channels; row++) {
            long key = in.readFixedLong();
            long count = in.readVarLong();
            long sinceWatch = in.readVarLong();
            history.channels.append(key, count, sinceWatch == 0 ? NEVER : history.lastWatchMillis + 1 - sinceWatch);
        }
        int videos = in.readCount(17);
        history.videos = new RecencyTable(videos);
        for (int row = 0; row < videos; row++) {
            history.videos.append(in.readFixedLong(), in.readVarLong(), in.readFixedLong());
        }
        if (version > VERSION_WITHOUT_DECAYED_COUNTS) {
            for (int halfLives = in.readCount(11); halfLives > 0; halfLives--) {
                DecayedCounts counts = DecayedCounts.readFrom(in);
                history.decayed.put(counts.halfLifeMillis(), counts);
            }
        }
        return history;
    }
}
