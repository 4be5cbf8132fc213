package freshet.jobs.local;

import freshet.features.extract.FeatureExtractor;
import freshet.features.history.UserHistory;
import freshet.jobs.config.FreshetConfig;
import freshet.jobs.sim.ListRanker;
import freshet.model.serve.LiveRanker;
import freshet.model.serve.Ranker;
import freshet.serde.event.Event;
import freshet.serde.event.Feedback;
import freshet.serde.event.Impression;
import freshet.serde.example.FeatureValues;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The product's server in the demo: keeps each viewer's history as events arrive, computes features with the code that the
 * examples job uses, and ranks by the predicted click with whatever snapshot serves. One thread, but the ranker may be
 * exchanged from another.
 */
final class DemoServer implements ListRanker {
    /** The task by which lists are ordered. */
    static final String RANKED_BY = "click";

    private final FeatureExtractor extractor;
    private final LiveRanker live;
    private final Map<String, UserHistory> histories = new HashMap<>();
    private float[] predictions = new float[0];

    DemoServer(FreshetConfig config, LiveRanker live) {
        this.extractor = new FeatureExtractor(config.features());
        this.live = live;
    }

    /** Takes an event into its viewer's history. */
    void observe(Event event) {
        UserHistory history = histories.computeIfAbsent(event.userId(), user -> new UserHistory());
        if (event instanceof Impression impression) {
            history.shown(impression, extractor.historyNeeds());
        } else if (event instanceof Feedback feedback) {
            history.felt(feedback, extractor.historyNeeds());
        }
    }

    @Override
    public @Nullable Ranking rank(List<Impression> candidates) {
        if (live.manifest().isEmpty()) {
            return null;
        }
        UserHistory history = histories.computeIfAbsent(candidates.get(0).userId(), user -> new UserHistory());
        List<FeatureValues> features = candidates.stream()
                .map(candidate -> extractor.extract(candidate, history))
                .toList();
        int room = candidates.size() * Math.max(1, tasksOfTheLiveModel());
        if (predictions.length < room) {
            predictions = new float[room];
        }
        Ranker ranker = live.score(features, predictions);
        int tasks = ranker.spec().taskCount();
        int rankedBy = ranker.spec().taskIndex(RANKED_BY);
        float[] scores = new float[candidates.size()];
        for (int i = 0; i < scores.length; i++) {
            scores[i] = predictions[i * tasks + rankedBy];
        }
        return new Ranking(ranker.manifest().version().toString(), scores);
    }

    private int tasksOfTheLiveModel() {
        return live.manifest()
                .map(manifest -> manifest.description().tasks().size())
                .orElse(0);
    }

    /**
     * What the model adds to the logit of a click for a position, against the top of the page: the difference that the
     * position alone makes to a prediction.
     *
     * @param like an impression to vary
     * @return {@code [positions]}
     */
    double[] learntPositionEffect(Impression like, String device, int positions) {
        List<FeatureValues> features = new ArrayList<>();
        for (int position = 0; position < positions; position++) {
            features.add(extractor.extract(
                    Impression.builder(like.impressionId(), like.userId(), like.videoId(), like.eventTimeMillis())
                            .channelId(like.channelId())
                            .device(device)
                            .position(position)
                            .build(),
                    new UserHistory()));
        }
        float[] found = new float[positions * Math.max(1, tasksOfTheLiveModel())];
        Ranker ranker = live.score(features, found);
        int tasks = ranker.spec().taskCount();
        int task = ranker.spec().taskIndex(RANKED_BY);
        double[] effect = new double[positions];
        for (int position = 0; position < positions; position++) {
            effect[position] = logit(found[position * tasks + task]) - logit(found[task]);
        }
        return effect;
    }

    private static double logit(double probability) {
        return StrictMath.log(probability / (1 - probability));
    }
}
