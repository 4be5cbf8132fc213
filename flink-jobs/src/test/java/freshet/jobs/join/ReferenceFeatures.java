package freshet.jobs.join;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import freshet.features.spec.FeatureSpec;
import freshet.serde.config.ConfigNode;
import freshet.serde.event.Event;
import freshet.serde.event.Feedback;
import freshet.serde.event.HistorySeed;
import freshet.serde.event.Impression;
import freshet.serde.example.FeatureValues;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A specification with every kind of feature, and their values by hand: each is a loop over all the events before the
 * impression.
 */
final class ReferenceFeatures {
    static final String YAML = """
            ids:
              - {name: user, field: user_id}
              - {name: channel, field: channel_id}
              - {name: position, field: position}
              - {name: tag, field: ids.tag}
              - {name: tag_surface, cross: [ids.tag, surface]}
              - {name: hour, kind: hour_of_week, utc_offset_hours: 8}
              - {name: last_shown, kind: recent_videos, of: shown, count: 3}
              - {name: last_liked, kind: recent_videos, of: like, count: 2}
              - {name: since_watch, kind: bucket, of: time_since_last_watch, scope: any}
            numbers:
              - {name: price, field: numbers.price, transform: square}
              - {name: since_watch_any, kind: time_since_last_watch}
              - {name: since_watch_channel, kind: time_since_last_watch, scope: channel, transform: log1p}
              - {name: previous, kind: previous_impressions, transform: sqrt}
              - {name: previous_channel, kind: previous_impressions, scope: channel}
              - {name: previous_video, kind: previous_impressions, scope: video}
              - {name: duration, kind: video_duration}
              - {name: age, kind: video_age}
              - {name: like_rate, kind: rate, of: like, half_life: 1s, prior: 0.25, strength: 2}
              - {name: watch_rate, kind: rate, of: watch, half_life: 1h, prior: 0.25, strength: 2}
              - {name: shown_since_like, kind: impressions_since, of: like}
              - {name: since_shown_video, kind: time_since_last, of: shown, scope: video}
              - {name: since_like_tag, kind: time_since_last, of: like, scope: ids.tag, ttl: 20m}
              - {name: previous_tag, kind: previous_impressions, scope: ids.tag}
              - {name: like_rate_tag, kind: rate, of: like, scope: ids.tag, half_life: 1m, prior: 0.25, strength: 2}
              - {name: watch_rate_channel, kind: rate, of: watch, scope: channel, half_life: 1m, prior: 0.25, strength: 2}
              - {name: like_rate_video, kind: rate, of: like, scope: video, half_life: 1m, prior: 0.25, strength: 2}
            history: {expire_after: 5m}
            """;

    private ReferenceFeatures() {}

    static FeatureSpec spec() {
        try {
            ConfigNode root = ConfigNode.root("test", new YAMLMapper().readTree(YAML));
            FeatureSpec spec = FeatureSpec.read(root);
            root.check();
            return spec;
        } catch (JsonProcessingException e) {
            throw new AssertionError(e);
        }
    }

    static FeatureValues of(Impression now, List<Event> all) {
        List<Event> before = sinceTheLastLongPause(now, all);
        String surface = now.surface();
        List<String> tags = now.ids().getOrDefault("tag", List.of());
        LocalDateTime local =
                LocalDateTime.ofInstant(Instant.ofEpochMilli(now.eventTimeMillis()), ZoneOffset.ofHours(8));
        int hour = (local.getDayOfWeek().getValue() - 1) * 24 + local.getHour();
        Double sinceAny = sinceWatch(now, before, null);
        Double sinceChannel = now.channelId() == null ? null : sinceWatch(now, before, now.channelId());
        String[][] ids = {
            {now.userId()},
            now.channelId() == null ? new String[0] : new String[] {now.channelId()},
            now.position() < 0 ? new String[0] : new String[] {"" + now.position()},
            tags.toArray(new String[0]),
            surface == null
                    ? new String[0]
                    : tags.stream().map(tag -> tag + "|" + surface).toArray(String[]::new),
            {"" + hour},
            recent("shown", 3, before),
            recent("like", 2, before),
            sinceAny == null
                    ? new String[0]
                    : new String[] {
                        "" + (Long.toBinaryString(sinceAny.longValue()).length() - (sinceAny < 1 ? 1 : 0))
                    },
        };
        float price = now.numbers().getOrDefault("price", 0f);
        float[] numbers = {
            Math.signum(price) * (float) ((double) price * price),
            sinceAny == null ? 0f : sinceAny.floatValue(),
            sinceChannel == null ? 0f : (float) StrictMath.log1p(sinceChannel),
            (float) Math.sqrt(shown(before).count() + seeded(before)),
            now.channelId() == null
                    ? 0
                    : shown(before)
                            .filter(i -> now.channelId().equals(i.channelId()))
                            .count(),
            shown(before).filter(i -> i.videoId().equals(now.videoId())).count(),
            (float) (now.videoDurationMillis() / 1000.0),
            now.videoPublishedAtMillis() == 0
                    ? 0f
                    : (float) ((now.eventTimeMillis() - now.videoPublishedAtMillis()) / 3_600_000.0),
            rate("like", 1000, now, before),
            rate("watch", 3_600_000, now, before),
            shownSinceLike(before),
            since(now, before, "shown", ReferenceFeatures::videos),
            sinceLikeOfATag(now, before),
            (float) tags.stream()
                    .mapToLong(tag -> shown(before)
                            .filter(i -> i.ids().getOrDefault("tag", List.of()).contains(tag))
                            .count())
                    .max()
                    .orElse(0),
            rateOf("like", now, before, i -> i.ids().getOrDefault("tag", List.of())),
            rateOf("watch", now, before, ReferenceFeatures::channels),
            rateOf("like", now, before, ReferenceFeatures::videos),
        };
        return new FeatureValues(ids, numbers);
    }

    private static final long EXPIRE_AFTER = 5 * 60_000;
    private static final long TTL = 20 * 60_000;

    private static List<Event> sinceTheLastLongPause(Impression now, List<Event> all) {
        List<Event> happened = all.stream()
                .filter(event -> !(event instanceof Feedback feedback) || feedback.value() > 0)
                .toList();
        int start = 0;
        long newest = Long.MAX_VALUE;
        for (int i = 0; i < happened.size(); i++) {
            long time = happened.get(i).eventTimeMillis();
            start = newest != Long.MAX_VALUE && time - newest > EXPIRE_AFTER ? i : start;
            newest = newest == Long.MAX_VALUE || start == i ? time : Math.max(newest, time);
        }
        boolean isOver = !happened.isEmpty() && now.eventTimeMillis() - newest > EXPIRE_AFTER;
        return isOver ? List.of() : happened.subList(start, happened.size());
    }

    private static List<String> videos(Impression impression) {
        return List.of(impression.videoId());
    }

    private static List<String> channels(Impression impression) {
        return impression.channelId() == null ? List.of() : List.of(impression.channelId());
    }

    private static float shownSinceLike(List<Event> before) {
        int like = -1;
        for (int i = 0; i < before.size(); i++) {
            like = isOf("like", before.get(i)) ? i : like;
        }
        return like < 0 ? 0 : shown(before.subList(like, before.size())).count();
    }

    private static boolean isOf(String kind, Event event) {
        return event instanceof Feedback feedback && feedback.kind().equals(kind) && feedback.value() > 0;
    }

    /** The ids that an event counts for: its own, or those with which its video was last shown. */
    private static List<String> idsOf(List<Event> before, int index, Function<Impression, List<String>> field) {
        if (before.get(index) instanceof Impression impression) {
            return field.apply(impression);
        }
        if (!(before.get(index) instanceof Feedback feedback)) {
            return List.of();
        }
        Impression like = Impression.builder("", "", feedback.videoId(), 0).build();
        return shown(before.subList(0, index))
                .filter(shown -> shown.videoId().equals(feedback.videoId()))
                .reduce((a, b) -> b)
                .map(field)
                .orElse(field.apply(like));
    }

    private static float since(
            Impression now, List<Event> before, String kind, Function<Impression, List<String>> field) {
        long last = Long.MIN_VALUE;
        for (int i = 0; i < before.size(); i++) {
            boolean isKind = kind.equals("shown") ? before.get(i) instanceof Impression : isOf(kind, before.get(i));
            if (isKind && idsOf(before, i, field).stream().anyMatch(field.apply(now)::contains)) {
                last = before.get(i).eventTimeMillis();
            }
        }
        return last == Long.MIN_VALUE ? 0f : (float) ((now.eventTimeMillis() - last) / 1000.0);
    }

    private static float sinceLikeOfATag(Impression now, List<Event> before) {
        float since = since(now, before, "like", i -> i.ids().getOrDefault("tag", List.of()));
        return since * 1000 > TTL ? 0 : since;
    }

    /** Like {@link #rate}, of the events that count for the impression's ids, summed over these. */
    private static float rateOf(
            String kind, Impression now, List<Event> before, Function<Impression, List<String>> field) {
        double allFelt = 0;
        double allShown = 0;
        for (String id : field.apply(now)) {
            double felt = 0;
            double shown = 0;
            long asOf = Long.MIN_VALUE;
            for (int i = 0; i < before.size(); i++) {
                boolean isShown = before.get(i) instanceof Impression;
                if ((isShown || isOf(kind, before.get(i)))
                        && idsOf(before, i, field).contains(id)) {
                    long time = before.get(i).eventTimeMillis();
                    double decay = asOf == Long.MIN_VALUE ? 1 : StrictMath.pow(0.5, (time - asOf) / 60_000.0);
                    felt = felt * decay + (isShown ? 0 : 1);
                    shown = shown * decay + (isShown ? 1 : 0);
                    asOf = time;
                }
            }
            double decay = asOf == Long.MIN_VALUE ? 1 : StrictMath.pow(0.5, (now.eventTimeMillis() - asOf) / 60_000.0);
            allFelt += felt * decay;
            allShown += shown * decay;
        }
        return (float) Math.min(1, (allFelt + 0.5) / (allShown + 2));
    }

    private static java.util.stream.Stream<Impression> shown(List<Event> before) {
        return before.stream().filter(Impression.class::isInstance).map(Impression.class::cast);
    }

    private static long seeded(List<Event> before) {
        return before.stream()
                .filter(HistorySeed.class::isInstance)
                .mapToLong(seed -> ((HistorySeed) seed).impressions())
                .sum();
    }

    /** Seconds since the last watch; of videos last shown, before the watch, as this channel's, if one is given. */
    private static @Nullable Double sinceWatch(Impression now, List<Event> before, @Nullable String channelId) {
        Double since = null;
        for (int i = 0; i < before.size(); i++) {
            if (before.get(i) instanceof Feedback watch && watch.kind().equals("watch") && watch.value() > 0) {
                String channel = shown(before.subList(0, i))
                        .filter(shown -> shown.videoId().equals(watch.videoId()))
                        .reduce((a, b) -> b)
                        .map(Impression::channelId)
                        .orElse(null);
                if (channelId == null || channelId.equals(channel)) {
                    since = (now.eventTimeMillis() - watch.eventTimeMillis()) / 1000.0;
                }
            }
        }
        return since;
    }

    /** (feedback + 0.25 * 2) / (impressions + 2), both decayed from each counted event to the next. */
    private static float rate(String kind, double halfLife, Impression now, List<Event> before) {
        double felt = 0;
        double shown = 0;
        long asOf = now.eventTimeMillis();
        for (Event event : before) {
            boolean isSeed = event instanceof HistorySeed;
            boolean isFelt = event instanceof Feedback f && f.kind().equals(kind) && f.value() > 0;
            if (isSeed || isFelt || event instanceof Impression) {
                double decay = shown + felt == 0 ? 1 : StrictMath.pow(0.5, (event.eventTimeMillis() - asOf) / halfLife);
                felt = felt * decay + (isFelt ? 1 : 0);
                shown = shown * decay + (event instanceof Impression ? 1 : 0);
                asOf = event.eventTimeMillis();
            }
            if (event instanceof HistorySeed seed && seed.recentVideos().containsKey(kind)) {
                shown += seed.impressions();
                // Likes are fewer than the videos shown, so the list holds them all; watches are not in these seeds.
                felt += seed.recentVideos().get(kind).size();
            }
        }
        double decay = StrictMath.pow(0.5, (now.eventTimeMillis() - asOf) / halfLife);
        return (float) Math.min(1, (felt * decay + 0.5) / (shown * decay + 2));
    }

    private static String[] recent(String kind, int count, List<Event> before) {
        List<String> oldestFirst = new ArrayList<>();
        before.stream()
                .filter(HistorySeed.class::isInstance)
                .forEach(seed ->
                        oldestFirst.addAll(((HistorySeed) seed).recentVideos().getOrDefault(kind, List.of())));
        for (Event event : before) {
            if (event instanceof Impression impression && kind.equals("shown")) {
                oldestFirst.add(impression.videoId());
            } else if (event instanceof Feedback feedback && feedback.kind().equals(kind) && feedback.value() > 0) {
                oldestFirst.add(feedback.videoId());
            }
        }
        List<String> newest = new ArrayList<>();
        for (int i = oldestFirst.size() - 1; i >= 0 && newest.size() < count; i--) {
            if (!newest.contains(oldestFirst.get(i))) {
                newest.add(oldestFirst.get(i));
            }
        }
        return newest.toArray(new String[0]);
    }
}
