package freshet.jobs.publish;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.train.ModelCut;
import freshet.jobs.train.TrainRecord.Published;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** What a publisher that nothing befalls makes of a trainer's cuts, for tests of the trainer. */
public final class PublishedRecords {
    private PublishedRecords() {}

    /** In the order of sending; of generation 0. */
    public static List<Published> of(FreshetConfig config, List<ModelCut> cuts) throws IOException {
        PublishCore core = PublishPlan.unfenced(config).newCore();
        List<Published> published = new ArrayList<>();
        for (ModelCut cut : cuts) {
            core.accept(cut, 0, published::add);
        }
        return published;
    }
}
