package freshet.model.serve;

import freshet.serde.example.FeatureValues;
import freshet.serde.snapshot.SnapshotManifest;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The ranker that serves now, exchanged for the next one under load. A request runs to its end with the ranker it began with.
 * The one before the current is kept loaded, to go back to; the one before that is closed when its last request is done.
 * Safe on any thread.
 */
public final class LiveRanker implements AutoCloseable {
    private volatile @Nullable Ranker current;

    /** Guarded by this. */
    private @Nullable Ranker previous;

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

    /** The manifest of what served before it; empty before the second. */
    public synchronized Optional<SnapshotManifest> previousManifest() {
        return Optional.ofNullable(previous).map(Ranker::manifest);
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

    /** Two swaps have passed since it was read, and it was closed: a newer one is there, or this holder is closed. */
    private void requireOpen(Ranker closed) {
        if (closed == current) {
            throw new IllegalStateException("scoring: this holder has been closed");
        }
    }

    /** Puts a ranker to use, takes it over, and closes the one before the previous. Waits for that one's last request. */
    public void swap(Ranker next) {
        Ranker retired;
        synchronized (this) {
            retired = previous;
            previous = current;
            current = next;
        }
        if (retired != null) {
            retired.close();
        }
    }

    /** Closes both; requests that come later are refused. */
    @Override
    public void close() {
        Ranker first;
        Ranker second;
        synchronized (this) {
            first = current;
            second = previous;
            previous = null;
        }
        if (first != null) {
            first.close();
        }
        if (second != null) {
            second.close();
        }
    }
}
