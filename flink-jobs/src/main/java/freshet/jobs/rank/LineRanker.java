package freshet.jobs.rank;

import freshet.features.online.FeatureStates;
import freshet.model.http.LineRanking;
import freshet.model.http.RequestException;
import freshet.model.serve.FusionProfiles;
import freshet.model.serve.LiveRanker;
import freshet.model.serve.Ranker;
import freshet.serde.snapshot.BadSnapshotException;
import freshet.serde.wire.Decoded;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Scores lines with whatever snapshot serves, by its own specification of features. Safe on any thread. */
public final class LineRanker implements LineRanking {
    private final LiveRanker live;
    private final FusionProfiles fusion;
    private final FeatureStates states;

    /** For the snapshot that served last. */
    private volatile @Nullable Reader last;

    /** A reader and what it was made for. */
    private record Reader(String featuresJson, RequestReader reader) {}

    /** Told of a line that is no request. */
    @FunctionalInterface
    public interface BadLine {
        /** @param index of the line, from 0 */
        void found(int index, String detail);
    }

    /**
     * @param live what scores
     * @param fusion the fused scores that may be asked for
     * @param states what is remembered of viewers; {@code key -> null} for nothing
     */
    public LineRanker(LiveRanker live, FusionProfiles fusion, FeatureStates states) {
        this.live = live;
        this.fusion = fusion;
        this.states = states;
    }

    @Override
    public Answer rank(List<String> lines, @Nullable String profile) {
        return rank(lines, profile, (index, detail) -> {
            throw RequestException.bad("line " + (index + 1) + ": " + detail);
        });
    }

    /**
     * Scores the lines that are requests.
     *
     * @param profile the fusion profile; null for the default
     * @param badLine told of the others
     * @throws IllegalArgumentException when there is no such profile
     */
    public Answer rank(List<String> lines, @Nullable String profile, BadLine badLine) {
        fusion.choose(profile);
        List<RankRequest> requests = new ArrayList<>();
        List<Decoded.Bad<RankRequest>> bad = new ArrayList<>();
        List<Integer> badIndexes = new ArrayList<>();
        LiveRanker.Scored scored = live.score(ranker -> {
            requests.clear();
            bad.clear();
            badIndexes.clear();
            List<Decoded<RankRequest>> read = reader(ranker).read(lines);
            for (int i = 0; i < read.size(); i++) {
                if (read.get(i) instanceof Decoded.Value<RankRequest> good) {
                    requests.add(good.value());
                } else {
                    bad.add((Decoded.Bad<RankRequest>) read.get(i));
                    badIndexes.add(i);
                }
            }
            return requests.stream().map(RankRequest::features).toList();
        });
        for (int i = 0; i < bad.size(); i++) {
            badLine.found(badIndexes.get(i), bad.get(i).detail());
        }
        double[] scores = fusion.fuse(profile, scored.ranker().spec(), scored.predictions(), scored.candidates());
        StringBuilder text = new StringBuilder();
        ScoreLines.append(text, requests, scored, scores);
        return new Answer(requests.size(), text.toString());
    }

    /**
     * Sees whether the features of a snapshot can be computed here.
     *
     * @throws BadSnapshotException when not
     */
    public void check(Ranker ranker) throws BadSnapshotException {
        last = new Reader(ranker.featuresJson(), new RequestReader(ranker, states));
    }

    private RequestReader reader(Ranker ranker) {
        Reader known = last;
        if (known != null
                && known.featuresJson().equals(ranker.featuresJson())
                && known.reader().schema().equals(ranker.spec().schema())) {
            return known.reader();
        }
        try {
            Reader made = new Reader(ranker.featuresJson(), new RequestReader(ranker, states));
            last = made;
            return made.reader();
        } catch (BadSnapshotException e) {
            throw new IllegalStateException("reading requests: " + e.getMessage(), e);
        }
    }
}
