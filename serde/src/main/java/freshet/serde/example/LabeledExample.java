package freshet.serde.example;

import java.util.Comparator;
import java.util.List;

/**
 * The features of one impression and those of its labels that were decided together. An impression yields one example for
 * every moment at which labels of it are decided; tasks that are not listed are masked.
 *
 * @param impressionId the impression
 * @param userId whose it was
 * @param videoId what was shown
 * @param eventTimeMillis when it was shown; the features are as of then
 * @param decidedTimeMillis when these labels were decided: no event after this moment has a part in them
 * @param features by slot of the job's {@link FeatureSchema}
 * @param labels what was decided, in the order of the configured tasks; never empty
 */
public record LabeledExample(
        String impressionId,
        String userId,
        String videoId,
        long eventTimeMillis,
        long decidedTimeMillis,
        FeatureValues features,
        List<TaskLabel> labels)
        implements ExampleMessage {

    /**
     * The order in which a trainer learns: decided time, then impression id, then user, since some products number impressions
     * by viewer. Equal means: the same example, sent again.
     */
    public static final Comparator<LabeledExample> ORDER = Comparator.comparingLong(LabeledExample::decidedTimeMillis)
            .thenComparing(LabeledExample::impressionId)
            .thenComparing(LabeledExample::userId);

    public LabeledExample {
        labels = List.copyOf(labels);
    }
}
