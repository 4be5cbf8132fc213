package freshet.model.serve;

import freshet.serde.example.FeatureValues;
import freshet.serde.snapshot.SnapshotManifest;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The ranker that serves now, exchanged for the next one under load. A request runs to its end with the ranker it began with,
 * which is closed behind its last request; requests that come meanwhile take the next one and wait for nothing. Safe on any
 * thread.
 */
public final class LiveRanker implements AutoCloseable {
    private volatile @Nullable Ranker current;

    /**
     * What came of a request.
     *
     * @param ranker that scored: which version, which tasks. For reading only.
     * @param candidates how many
     * @param predictions {@code [candidates][tasks]} of its spec
     */
    public record Scored(Ranker ranker, int candidates, float[] predictions) {}

    /** The manifest of what serves now; empty before the first. */
    public Optional<SnapshotManifest> manifest() {
        return Optional.ofNullable(current).map(Ranker::manifest);
    }

    /** Everything decided before this event time has been learnt by what serves now; empty before the first. */
    public Optional<Long> asOfMillis() {
        return Optional.ofNullable(current).map(Ranker::asOfMillis);
    }

    /**
     * Scores with the current ranker; see {@link Ranker#score}.
     *
     * @param predictions receives {@code [candidates][tasks]} of the returned ranker's spec; room for more tasks is allowed
     * @return the ranker that scored: which version, which tasks. For reading only.
     * @throws IllegalStateException when there is none yet
     */
    public Ranker score(List<FeatureValues> candidates, float[] predictions) {
        while (true) {
            Ranker ranker = serving();
            if (ranker.tryScore(candidates, predictions)) {
                return ranker;
            }
            requireOpen(ranker);
        }
    }

    /**
     * Scores candidates that are made for the ranker at hand: the next one may want other features.
     *
     * @param candidates makes the candidates of a ranker's spec; called again if that ranker is closed meanwhile
     * @throws IllegalStateException when there is none yet
     */
    public Scored score(Function<Ranker, List<FeatureValues>> candidates) {
        while (true) {
            Ranker ranker = serving();
            List<FeatureValues> made = candidates.apply(ranker);
            float[] predictions = new float[made.size() * ranker.spec().taskCount()];
            if (ranker.tryScore(made, predictions)) {
                return new Scored(ranker, made.size(), predictions);
            }
            requireOpen(ranker);
        }
    }

    private Ranker serving() {
        Ranker ranker = current;
        if (ranker == null) {
            throw new IllegalStateException("scoring: no snapshot has been loaded yet; wait for the first");
        }
        return ranker;
    }

    /** A swap has passed since it was read, and it was closed: a newer one is there, or this holder is closed. */
    private void requireOpen(Ranker closed) {
        if (closed == current) {
            throw new IllegalStateException("scoring: this holder has been closed");
        }
    }

    /** Puts a ranker to use, takes it over, and closes the one before. Waits for that one's last request. One thread. */
    public void swap(Ranker next) {
        Ranker retired = current;
        current = next;
        if (retired != null) {
            retired.close();
        }
    }

    /** Closes the ranker; requests that come later are refused. */
    @Override
    public void close() {
        Ranker last = current;
        if (last != null) {
            last.close();
        }
    }
}
