package freshet.features.extract;

import freshet.features.history.HistoryNeeds;
import freshet.features.history.UserHistory;
import freshet.features.spec.FeatureSpec;
import freshet.features.spec.Measure;
import freshet.features.spec.View;
import freshet.serde.event.Impression;
import freshet.serde.feature.FeatureState;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Puts what all viewers did with an impression's video, or channel, into the impression: as of its event time, one number for
 * each feature that asks. A view is a history too, of which the video is the viewer: every event of the video, of whomever, in
 * event order. The numbers travel with the impression to where its features are extracted, so that nobody there needs the view.
 * Pure and safe on any thread; the history must not change during a call.
 */
public final class ViewExtractor {
    /** Begins the names of these numbers; one that a product sends under such a name is replaced. */
    private static final String PREFIX = "@";

    private final View view;
    private final HistoryNeeds needs;
    private final String[] names;
    private final MeasuredNumber[] numbers;

    private ViewExtractor(FeatureSpec spec, View view) {
        this.view = view;
        List<Measure.OfView> measures = spec.measuresOf(view);
        needs = spec.viewNeeds(view);
        names = measures.stream().map(ViewExtractor::numberOf).toArray(String[]::new);
        numbers = measures.stream()
                .map(measure -> MeasuredNumber.of(measure.measure()))
                .toArray(MeasuredNumber[]::new);
    }

    /** One for each view that a feature looks at, in the order of {@link View}. */
    public static List<ViewExtractor> of(FeatureSpec spec) {
        return Arrays.stream(View.values())
                .filter(view -> !spec.measuresOf(view).isEmpty())
                .map(view -> new ViewExtractor(spec, view))
                .toList();
    }

    /** The name of the number that holds a measure's value. */
    static String numberOf(Measure.OfView measure) {
        return PREFIX + measure.feature();
    }

    /** Of what. */
    public View view() {
        return view;
    }

    /** What a view must keep for {@link #enrich}. */
    public HistoryNeeds needs() {
        return needs;
    }

    /** Whose view an impression asks for; empty where it has no channel. */
    public Optional<FeatureState.Key> keyOf(Impression impression) {
        String channelId = impression.channelId();
        return switch (view) {
            case VIDEO -> Optional.of(FeatureState.Key.video(impression.videoId()));
            case CHANNEL ->
                channelId == null || channelId.isEmpty()
                        ? Optional.empty()
                        : Optional.of(FeatureState.Key.channel(channelId));
        };
    }

    /** The impression with the numbers of its view, given the view of the events before it. */
    public Impression enrich(Impression impression, UserHistory past) {
        UserHistory history = past.isExpired(impression.eventTimeMillis(), needs) ? new UserHistory() : past;
        SortedMap<String, Float> all = new TreeMap<>(impression.numbers());
        for (int i = 0; i < numbers.length; i++) {
            double value = numbers[i].of(impression, history);
            if (Double.isNaN(value)) {
                all.remove(names[i]);
            } else {
                all.put(names[i], (float) value);
            }
        }
        return impression.withNumbers(all);
    }

    /** The impression of which no view is known: without the numbers of this one. */
    public Impression without(Impression impression) {
        SortedMap<String, Float> all = new TreeMap<>(impression.numbers());
        return all.keySet().removeAll(List.of(names)) ? impression.withNumbers(all) : impression;
    }
}
