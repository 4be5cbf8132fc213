package freshet.jobs.train;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.jobs.state.SavedState;
import freshet.serde.example.FeatureValues;
import freshet.serde.example.LabeledExample;
import freshet.serde.example.TaskLabel;
import freshet.serde.snapshot.Lineage;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LearntLineageTest {

    @Test
    void isTheHashOfIdsTimesLabelsAndWeights() throws IOException {
        LearntLineage lineage = new LearntLineage();
        String expected = Lineage.START;
        for (int size : new int[] {1, 300, 2}) { // more than its first buffer holds, then fewer
            List<LabeledExample> batch = new ArrayList<>();
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            DataOutputStream out = new DataOutputStream(bytes);
            for (int i = 0; i < size; i++) {
                batch.add(new LabeledExample(
                        "ü" + i,
                        "u",
                        "v",
                        1,
                        1000 + i,
                        new FeatureValues(new String[0][], new float[0]),
                        List.of(new TaskLabel("click", 1, 0.5f), new TaskLabel("like", 0, 1))));
                SavedState.writeText(out, "ü" + i);
                SavedState.writeText(out, "u");
                out.writeLong(1000 + i);
                SavedState.writeText(out, "click");
                out.writeFloat(1);
                out.writeFloat(0.5f);
                SavedState.writeText(out, "like");
                out.writeFloat(0);
                out.writeFloat(1);
            }
            lineage.learnt(batch);
            expected = Lineage.after(expected, bytes.toByteArray());
            assertThat(lineage.value()).isEqualTo(expected);
        }
    }
}
