package freshet.jobs.warm;

import freshet.features.extract.FeatureExtractor;
import freshet.features.history.UserHistory;
import freshet.jobs.join.LabelRule;
import freshet.jobs.join.TaskRule;
import freshet.serde.event.HistorySeed;
import freshet.serde.event.Impression;
import freshet.serde.event.Video;
import freshet.serde.example.LabeledExample;
import freshet.serde.example.TaskLabel;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Turns the history of a viewer back into the examples that it was made of: one for each video shown, with the features that
 * the videos before it give, and a label for each task whose kind of feedback the history keeps a list of.
 *
 * <p>What a history does not say stays out: tasks that need a value or a kind without a list are masked, and so is where and
 * when a video was shown; all examples are as of the time of the history. A video that was shown twice and liked once counts
 * as liked both times. Not thread-safe.
 */
public final class PastExamples {
    private final List<TaskRule> tasks;
    private final FeatureExtractor features;
    private final Map<String, Video> catalogue;

    /**
     * @param catalogue what is known of videos, by id; one that it lacks is known by its id alone
     */
    public PastExamples(List<TaskRule> tasks, FeatureExtractor features, Map<String, Video> catalogue) {
        this.tasks = tasks;
        this.features = features;
        this.catalogue = catalogue;
    }

    /** The examples of one viewer, oldest first; none if it is not known what was shown, or what was answered. */
    public List<LabeledExample> of(HistorySeed seed) {
        List<String> shown = seed.recentVideos().getOrDefault(UserHistory.SHOWN, List.of());
        Map<String, Set<String>> answered = answered(seed);
        List<LabeledExample> examples = new ArrayList<>();
        for (int index = 0; index < shown.size(); index++) {
            String videoId = shown.get(index);
            List<TaskLabel> labels = labels(videoId, answered);
            if (!labels.isEmpty()) {
                Video video = catalogue.getOrDefault(videoId, Video.unknown(videoId));
                Impression impression =
                        video.shownTo(seed.userId(), seed.userId() + "-past-" + index, seed.eventTimeMillis());
                examples.add(new LabeledExample(
                        impression.impressionId(),
                        seed.userId(),
                        videoId,
                        seed.eventTimeMillis(),
                        seed.eventTimeMillis(),
                        features.extract(impression, historyBefore(seed, index)),
                        labels));
            }
        }
        return examples;
    }

    private static Map<String, Set<String>> answered(HistorySeed seed) {
        Map<String, Set<String>> answered = new TreeMap<>();
        seed.recentVideos().forEach((kind, videos) -> answered.put(kind, Set.copyOf(videos)));
        return answered;
    }

    private List<TaskLabel> labels(String videoId, Map<String, Set<String>> answered) {
        List<TaskLabel> labels = new ArrayList<>();
        Set<String> positive = new HashSet<>();
        for (TaskRule task : tasks) {
            Set<String> videos = answered.get(task.label().kind());
            boolean conditionHolds = task.given() == null || positive.contains(task.given());
            if (videos != null && asksOnlyWhether(task.label()) && conditionHolds) {
                boolean label = videos.contains(videoId);
                labels.add(new TaskLabel(task.name(), label ? 1 : 0, 1));
                if (label) {
                    positive.add(task.name());
                }
            }
        }
        return labels;
    }

    /** Whether any feedback of the kind makes the label, so that a list of videos says everything. */
    private static boolean asksOnlyWhether(LabelRule label) {
        return label.aggregate() == LabelRule.Aggregate.ANY && label.atLeast().isEmpty();
    }

    /** The history as the same list would have given it just before one of its videos was shown. */
    private UserHistory historyBefore(HistorySeed seed, int index) {
        List<String> shown = seed.recentVideos().getOrDefault(UserHistory.SHOWN, List.of());
        List<String> earlier = shown.subList(0, index);
        Set<String> later = new HashSet<>(shown.subList(index, shown.size()));
        earlier.forEach(later::remove);
        SortedMap<String, List<String>> recent = new TreeMap<>();
        seed.recentVideos().forEach((kind, videos) -> recent.put(kind, without(later, videos)));
        recent.put(UserHistory.SHOWN, earlier);
        long impressions = Math.max(index, seed.impressions() - shown.size() + index);
        UserHistory history = new UserHistory();
        history.seed(
                new HistorySeed(seed.userId(), seed.eventTimeMillis(), impressions, recent), features.historyNeeds());
        return history;
    }

    private static List<String> without(Collection<String> left, List<String> videos) {
        return videos.stream().filter(video -> !left.contains(video)).toList();
    }
}
