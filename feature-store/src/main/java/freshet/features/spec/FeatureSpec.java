package freshet.features.spec;

import freshet.features.history.Column;
import freshet.features.history.HistoryNeeds;
import freshet.features.history.ScopeIds;
import freshet.features.history.ScopeNeeds;
import freshet.features.history.UserHistory;
import freshet.serde.config.ConfigNode;
import freshet.serde.example.FeatureSchema;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Every feature of an impression, in slot order, and how much of a viewer's past they need.
 *
 * @param ids the sparse features
 * @param numbers the dense features
 * @param maxChannels of how many channels a viewer's history keeps counts; the ones not met for longest are forgotten
 * @param maxVideos likewise of videos
 * @param maxIds likewise of the ids of each other field that features count by
 * @param expireAfterMillis event time without an event after which a history is forgotten; {@link HistoryNeeds#NEVER_EXPIRES}
 *     for never
 * @param viewsExpireAfterMillis likewise of what is remembered of a video or channel
 */
public record FeatureSpec(
        List<IdFeature> ids,
        List<NumberFeature> numbers,
        int maxChannels,
        int maxVideos,
        int maxIds,
        long expireAfterMillis,
        long viewsExpireAfterMillis) {
    public static final int DEFAULT_MAX_CHANNELS = 200;
    public static final int DEFAULT_MAX_VIDEOS = 500;
    public static final int DEFAULT_MAX_IDS = 200;
    /** Videos come and go: without an end, what is remembered of them would only grow. */
    private static final Duration VIEWS_EXPIRE_AFTER = Duration.ofDays(30);

    private static final int MAX_TABLE = 100_000;
    private static final int MAX_RECENT = 1000;

    public FeatureSpec {
        ids = List.copyOf(ids);
        numbers = List.copyOf(numbers);
    }

    /** With histories that are kept for ever. */
    public FeatureSpec(List<IdFeature> ids, List<NumberFeature> numbers, int maxChannels, int maxVideos) {
        this(
                ids,
                numbers,
                maxChannels,
                maxVideos,
                DEFAULT_MAX_IDS,
                HistoryNeeds.NEVER_EXPIRES,
                VIEWS_EXPIRE_AFTER.toMillis());
    }

    /** The names by slot. */
    public FeatureSchema schema() {
        return new FeatureSchema(
                ids.stream().map(IdFeature::name).toList(),
                numbers.stream().map(NumberFeature::name).toList());
    }

    /** The measures that look at what all viewers did with a video or channel, in slot order. */
    public List<Measure.OfView> measuresOf(View view) {
        return measures()
                .filter(Measure.OfView.class::isInstance)
                .map(Measure.OfView.class::cast)
                .filter(measure -> measure.view() == view)
                .toList();
    }

    /** What a view must keep for these features, and no more. */
    public HistoryNeeds viewNeeds(View view) {
        return needs(
                new TreeMap<>(),
                measuresOf(view).stream().map(Measure.OfView::measure).toList(),
                viewsExpireAfterMillis);
    }

    /** What a history must keep for these features, and no more. */
    public HistoryNeeds historyNeeds() {
        SortedMap<String, Integer> recent = new TreeMap<>();
        ids.forEach(feature -> {
            if (feature instanceof IdFeature.RecentVideos videos) {
                recent.merge(videos.of(), videos.count(), Math::max);
            }
        });
        return needs(recent, measures().toList(), expireAfterMillis);
    }

    private HistoryNeeds needs(SortedMap<String, Integer> recent, List<Measure> measures, long expireAfter) {
        SortedMap<Long, SortedSet<String>> rates = new TreeMap<>();
        SortedSet<String> lastTimes = new TreeSet<>();
        SortedSet<String> countsSince = new TreeSet<>();
        SortedMap<String, IdField> fields = new TreeMap<>();
        SortedMap<String, List<Column>> columns = new TreeMap<>();
        measures.forEach(measure -> {
            IdField field = scope(measure).field();
            if (field != null) {
                fields.put(field.name(), field);
                columns.computeIfAbsent(field.name(), name -> new ArrayList<>()).addAll(columns(measure));
            } else if (measure instanceof Measure.TimeSinceLast last) {
                lastTimes.add(last.of());
            } else if (measure instanceof Measure.ImpressionsSince since) {
                countsSince.add(since.of());
            } else if (measure instanceof Measure.Rate rate) {
                rates.computeIfAbsent(rate.halfLifeMillis(), halfLife -> new TreeSet<>())
                        .add(rate.of());
            } else if (measure instanceof Measure.DecayedImpressions impressions) {
                rates.computeIfAbsent(impressions.halfLifeMillis(), halfLife -> new TreeSet<>())
                        .add(UserHistory.SHOWN);
            }
        });
        List<ScopeIds> linked = fields.values().stream()
                .filter(field -> !field.name().equals(HistoryNeeds.VIDEO))
                .filter(field -> needs(field, columns).asksForFeedback())
                .map(ScopeIds.class::cast)
                .toList();
        if (!linked.isEmpty()) {
            fields.put(HistoryNeeds.VIDEO, new IdField(IdField.Source.VIDEO_ID, ""));
        }
        return new HistoryNeeds(
                recent,
                rates,
                lastTimes,
                countsSince,
                fields.values().stream().map(field -> needs(field, columns)).toList(),
                linked,
                expireAfter);
    }

    private ScopeNeeds needs(IdField field, SortedMap<String, List<Column>> columns) {
        int maxRows = switch (field.source()) {
            case CHANNEL_ID -> maxChannels;
            case VIDEO_ID -> maxVideos;
            default -> maxIds;
        };
        return new ScopeNeeds(field, columns.getOrDefault(field.name(), List.of()), maxRows);
    }

    /** What a measure asks to be kept of each id of its scope. */
    private static List<Column> columns(Measure measure) {
        if (measure instanceof Measure.TimeSinceLast last) {
            return List.of(Column.last(last.of()));
        }
        if (measure instanceof Measure.Rate rate) {
            return List.of(Column.shown(rate.halfLifeMillis()), Column.felt(rate.of(), rate.halfLifeMillis()));
        }
        if (measure instanceof Measure.DecayedImpressions impressions) {
            return List.of(Column.shown(impressions.halfLifeMillis()));
        }
        return List.of(Column.impressions());
    }

    private Stream<Measure> measures() {
        return Stream.concat(
                numbers.stream().map(NumberFeature::measure),
                ids.stream()
                        .filter(IdFeature.Bucket.class::isInstance)
                        .map(feature -> ((IdFeature.Bucket) feature).measure()));
    }

    private static Scope scope(Measure measure) {
        if (measure instanceof Measure.TimeSinceLast last) {
            return last.scope();
        }
        if (measure instanceof Measure.Rate rate) {
            return rate.scope();
        }
        if (measure instanceof Measure.DecayedImpressions impressions) {
            return impressions.scope();
        }
        return measure instanceof Measure.PreviousImpressions impressions ? impressions.scope() : Scope.ANY;
    }

    /** Reads the {@code features} block; mistakes are noted in the node. */
    public static FeatureSpec read(ConfigNode features) {
        Set<String> names = new HashSet<>();
        List<IdFeature> ids = features.children("ids").stream()
                .map(node -> readId(node, readName(node, names)))
                .filter(Objects::nonNull)
                .toList();
        List<NumberFeature> numbers = features.children("numbers").stream()
                .map(node -> readNumber(node, readName(node, names)))
                .filter(Objects::nonNull)
                .toList();
        if (!features.has("ids") && !features.has("numbers")) {
            features.problem("ids", "found no features, expected a list of them under ids, numbers or both");
        }
        ConfigNode history = features.child("history");
        return new FeatureSpec(
                ids,
                numbers,
                history.integer("max_channels", DEFAULT_MAX_CHANNELS, 1, MAX_TABLE),
                history.integer("max_videos", DEFAULT_MAX_VIDEOS, 1, MAX_TABLE),
                history.integer("max_ids", DEFAULT_MAX_IDS, 1, MAX_TABLE),
                expireAfterMillis(history, HistoryNeeds.NEVER_EXPIRES),
                expireAfterMillis(features.child("views"), VIEWS_EXPIRE_AFTER.toMillis()));
    }

    private static long expireAfterMillis(ConfigNode history, long byDefault) {
        if (!history.has("expire_after")) {
            return byDefault;
        }
        long millis = history.duration("expire_after", Duration.ofDays(90)).toMillis();
        if (millis < 1) {
            history.problem("expire_after", "found '0', expected a span longer than nothing");
        }
        return Math.max(1, millis);
    }

    /** A name of its own, or null after noting that there is none. */
    private static @Nullable String readName(ConfigNode node, Set<String> names) {
        String name = node.string("name");
        if (name.isEmpty()) {
            return null;
        }
        if (!names.add(name)) {
            node.problem(
                    "name", "found '" + name + "' a second time, expected every feature to have a name of its own");
            return null;
        }
        return name;
    }

    private static @Nullable IdFeature readId(ConfigNode node, @Nullable String readName) {
        // A feature without a usable name is still read, so that its other mistakes are reported too.
        String name = readName == null ? "" : readName;
        IdFeature feature = null;
        switch (onlyOne(node, "field", "cross", "kind")) {
            case "field" -> {
                IdField field = IdField.parse(node, "field", node.string("field"));
                feature = field == null ? null : new IdFeature.Field(name, field);
            }
            case "cross" -> feature = readCross(node, name);
            case "kind" -> feature = readIdKind(node, name);
            default -> {}
        }
        return readName == null ? null : feature;
    }

    private static @Nullable IdFeature readCross(ConfigNode node, String name) {
        List<IdField> fields = new ArrayList<>();
        List<String> texts = node.strings("cross");
        for (String text : texts) {
            IdField field = IdField.parse(node, "cross", text);
            if (field != null) {
                fields.add(field);
            }
        }
        if (texts.size() < 2) {
            node.problem("cross", "found " + texts.size() + " field, expected a list of at least two");
        }
        return new IdFeature.Cross(name, fields);
    }

    private static @Nullable IdFeature readIdKind(ConfigNode node, String name) {
        String kind = node.string("kind");
        switch (kind) {
            case "hour_of_week":
                double hours = node.number("utc_offset_hours", 0, -14, 14);
                return new IdFeature.HourOfWeek(name, Math.round(hours * 3_600_000.0));
            case "recent_videos":
                return new IdFeature.RecentVideos(name, node.string("of"), node.integer("count", 20, 1, MAX_RECENT));
            case "bucket":
                Measure measure = Measure.read(node, "of", node.string("of"));
                return measure == null ? null : new IdFeature.Bucket(name, measure);
            default:
                node.problem("kind", "found '" + kind + "', expected one of hour_of_week, recent_videos, bucket");
                return null;
        }
    }

    private static @Nullable NumberFeature readNumber(ConfigNode node, @Nullable String name) {
        Measure measure = null;
        switch (onlyOne(node, "field", "kind")) {
            case "field" -> {
                String field = node.string("field");
                if (field.startsWith("numbers.")) {
                    measure = Measure.read(node, "field", field);
                } else {
                    node.problem("field", "found '" + field + "', expected numbers.<name>");
                }
            }
            case "kind" -> measure = Measure.read(node, "kind", node.string("kind"));
            default -> {}
        }
        Transform transform = node.oneOf("transform", Transform.class, Transform.X);
        return name == null || measure == null ? null : new NumberFeature(name, measure, transform);
    }

    /** The one key of several that is there; empty after noting a mistake when none or more than one is. */
    private static String onlyOne(ConfigNode node, String... keys) {
        List<String> found = Stream.of(keys).filter(node::has).toList();
        if (found.size() == 1) {
            return found.get(0);
        }
        node.problem(
                keys[0],
                "found " + (found.isEmpty() ? "none" : String.join(" and ", found)) + ", expected exactly one of "
                        + String.join(", ", keys));
        return "";
    }
}
