package freshet.model.papers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import freshet.model.learn.Learner;
import freshet.model.spec.ModelSpec;
import freshet.serde.example.FeatureSchema;
import freshet.serde.example.LabeledExample;
import freshet.serde.example.TaskLabel;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * Ma et al. 2018 (ESMM), sections 2.2 and 3: a conversion model taught on clicks alone has seen few of the impressions it must
 * judge. The product over all impressions has not this bias: its conversions per impression are right everywhere, where
 * those of the other drift off among impressions that are seldom clicked.
 */
class EsmmPaperTest {
    private static final FeatureSchema SCHEMA = new FeatureSchema(List.of(), List.of("x", "y"));
    private static final int LEARNT = 96_000;
    private static final int TESTED = 20_000;
    /** A straight line, which cannot follow the true conversion rate: it fits best where it is taught. */
    private static final String MODEL = "{seed: 2, bottom: [], tower: [], optimizer: {dense: {learning_rate: 0.003}}}";

    private final SplittableRandom random = new SplittableRandom(4);

    private static double click(double x) {
        return PaperStream.sigmoid(-1.5 + 2.2 * x);
    }

    /** Rises among what is clicked, falls among the rest. */
    private static double buyGivenClick(double x, double y) {
        return PaperStream.sigmoid(-1 + 1.5 * Math.abs(x) + y);
    }

    @Test
    void theProductIsRightOverAllImpressionsWhereTheConditionalModelIsNot() {
        Learner product = learn("[{name: 'click'}, {name: 'buy', product_with: 'click'}]", true);
        Learner naive = learn("[{name: 'click'}, {name: 'buy'}]", false);
        List<LabeledExample> test = new ArrayList<>();
        for (int i = 0; i < TESTED; i++) {
            test.add(example(LEARNT + i, true));
        }
        float[][] ofProduct = PaperStream.score(product, test);
        float[][] ofNaive = PaperStream.score(naive, test);
        double productError = 0;
        double naiveError = 0;
        double truth = 0;
        double predicted = 0;
        for (int i = 0; i < TESTED; i++) {
            float[] numbers = test.get(i).features().numbers();
            double expected = click(numbers[0]) * buyGivenClick(numbers[0], numbers[1]);
            productError += Math.pow(ofProduct[i][1] - expected, 2);
            naiveError += Math.pow(ofNaive[i][0] * ofNaive[i][1] - expected, 2);
            truth += expected;
            predicted += ofProduct[i][1];
            assertThat(ofProduct[i][1]).as("no more conversions than clicks").isLessThanOrEqualTo(ofProduct[i][0]);
        }
        assertThat(predicted / truth).isCloseTo(1, within(0.03));
        assertThat(productError).isLessThan(naiveError);
    }

    private Learner learn(String tasks, boolean overAllImpressions) {
        ModelSpec spec = PaperStream.spec(SCHEMA, tasks, MODEL);
        return PaperStream.learn(spec, LEARNT, i -> example(i, overAllImpressions));
    }

    private LabeledExample example(int number, boolean overAllImpressions) {
        float x = (float) random.nextGaussian();
        float y = (float) random.nextGaussian();
        boolean clicked = random.nextDouble() < click(x);
        boolean bought = clicked && random.nextDouble() < buyGivenClick(x, y);
        List<TaskLabel> labels = new ArrayList<>();
        labels.add(new TaskLabel("click", clicked ? 1 : 0, 1));
        if (clicked || overAllImpressions) {
            labels.add(new TaskLabel("buy", bought ? 1 : 0, 1));
        }
        return PaperStream.example(number, new String[0][], new float[] {x, y}, labels);
    }
}
