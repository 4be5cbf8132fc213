package freshet.jobs.join;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import freshet.features.spec.FeatureSpec;
import freshet.features.spec.Transform;
import freshet.model.spec.TaskSpec;
import freshet.serde.config.ConfigException;
import freshet.serde.config.ConfigNode;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class JoinSpecTest {

    private static JoinSpec read(String yaml) {
        try {
            ConfigNode root = ConfigNode.root("test", new YAMLMapper().readTree(yaml));
            JoinSpec spec = JoinSpec.read(root);
            root.check();
            return spec;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void readsTheShippedConfiguration() throws IOException {
        try (InputStream in = JoinSpec.class.getResourceAsStream("/freshet/kuairand.yaml")) {
            ObjectNode tree = (ObjectNode) new YAMLMapper().readTree(in);
            ConfigNode root = ConfigNode.root("kuairand.yaml", tree.retain("events", "tasks", "features"));
            JoinSpec join = JoinSpec.read(root);
            FeatureSpec features = FeatureSpec.read(root.child("features"));
            for (ConfigNode task : root.children("tasks")) {
                TaskSpec.read(task);
            }
            root.check();
            assertThat(join.taskNames())
                    .containsExactly("click", "long_view", "like", "profile_enter", "completion", "watch");
            assertThat(join.tasks()).allMatch(task -> task.horizonMillis() == 600_000);
            assertThat(join.tasks().get(4).label())
                    .isEqualTo(new LabelRule(
                            "watch",
                            LabelRule.Aggregate.SUM,
                            Optional.of(Threshold.of(1)),
                            LabelRule.Divisor.VIDEO_DURATION,
                            Transform.X));
            assertThat(join.tasks().get(5).label())
                    .isEqualTo(new LabelRule(
                            "watch",
                            LabelRule.Aggregate.SUM,
                            Optional.empty(),
                            LabelRule.Divisor.SECOND,
                            Transform.LOG1P));
            assertThat(join.maxDisorder()).isEqualTo(Duration.ofMinutes(1));
            assertThat(join.feedbackWait()).isEqualTo(Duration.ofMinutes(10));
            assertThat(join.duplicateWindow()).isEqualTo(Duration.ofHours(1));
            assertThat(features.schema().idNames()).contains("user_surface", "since_watch_bucket");
            assertThat(features.historyNeeds().recentVideos()).containsOnlyKeys("like", "long_view", "shown");
        }
    }

    @Test
    void readsWhatElseATaskMaySay() {
        JoinSpec spec = read("""
                        events: {limits: {open_impressions: 7, waiting_feedback: 8, pending_events: 9}}
                        tasks:
                          - {name: click, label: {kind: click}, horizon: 1m, decide: at_horizon}
                          - {name: stars, label: {kind: rate, aggregate: last, at_least: 4}, horizon: 1d, given: click}
                        """);
        assertThat(spec.tasks().get(0).decide()).isEqualTo(TaskRule.Decide.AT_HORIZON);
        assertThat(spec.tasks().get(1).given()).isEqualTo("click");
        assertThat(spec.limits()).isEqualTo(new JoinLimits(9, 7, 10_000, 8));
        assertThat(spec.longestHorizonMillis()).isEqualTo(86_400_000);
    }

    @Test
    void anEffectiveViewAsksMoreOfALongVideo() {
        LabelRule view = read("""
                        tasks:
                          - name: effective_view
                            label:
                              kind: watch
                              aggregate: sum
                              unit: seconds
                              at_least_by_duration: [{shorter_than: 15s, at_least: 7}, {shorter_than: 1m, at_least: 15}, {at_least: 30}]
                            horizon: 30m
                        """).tasks().get(0).label();
        assertThat(view.label(7_000, 14_999)).isEqualTo(1);
        assertThat(view.label(7_000, 15_000)).isZero();
        assertThat(view.label(15_000, 59_999)).isEqualTo(1);
        assertThat(view.label(29_999, 60_000)).isZero();
        assertThat(view.isDefinedFor(0)).as("a video of unknown length").isFalse();
    }

    @Test
    void rangesOfLengthAreInOrderAndTheLastIsOpen() {
        ConfigException mistakes = catchThrowableOfType(ConfigException.class, () -> read("""
                        tasks:
                          - name: a
                            label: {kind: watch, at_least: 1, at_least_by_duration: [{at_least: 1}, {shorter_than: 1m}]}
                            horizon: 1m
                          - name: b
                            label:
                              kind: watch
                              at_least_by_duration: [{shorter_than: 1m, at_least: 1}, {shorter_than: 1s, at_least: 2}, {at_least: 3}]
                            horizon: 1m
                        """));
        assertThat(String.join("\n", mistakes.problems()))
                .contains("tasks[0].label.at_least: found beside at_least_by_duration")
                .contains("tasks[0].label.at_least_by_duration[0].shorter_than: found none")
                .contains("tasks[0].label.at_least_by_duration[1].shorter_than: found in the last range")
                .contains("tasks[1].label.at_least_by_duration[1].shorter_than: found 1000 ms, expected more");
    }

    @Test
    void everyMistakeIsNamedWithItsPath() {
        ConfigException mistakes = catchThrowableOfType(ConfigException.class, () -> read("""
                        events: {max_disorder: soon, limits: {open_impressions: 20, remembered_ids: 10}}
                        tasks:
                          - {name: a, horizon: 1m}
                          - {name: a, label: {kind: click}, horizon: 1m}
                          - {name: b, label: {kind: watch, aggregate: sum, unit: seconds}, horizon: 0s, loss: logistic}
                          - {name: c, label: {kind: watch, aggregate: mean, at_least: 0}, given: d}
                          - {name: d, label: {kind: watch, at_least: 2, transform: log1p}, horizon: 100d}
                          - {name: e, label: {kind: watch, aggregate: count, unit: s, ratio_of: age}, horizon: 1m}
                          - {name: f, label: {kind: watch, ratio_of: video_duration, at_last: 1}, horizon: 1m, decide: now}
                        """));
        assertThat(String.join("\n", mistakes.problems())).isEqualTo("""
                        tasks[0].label: missing; expected a kind of feedback and how it becomes a label
                        tasks[0].label.kind: missing; expected text
                        tasks[1].name: found 'a' a second time, expected every task to have its own
                        tasks[2].loss: found 'logistic' for a label that is a number, expected squared, huber, weighted_logistic, unbiased_weighted_logistic, or a label with at_least
                        tasks[2].horizon: found PT0S, expected more than 0 and at most 90d
                        tasks[3].label.aggregate: found 'mean', expected one of any, sum, max, last, count
                        tasks[3].label.at_least: found '0', expected a number from 1.0E-9 to 1.0E15
                        tasks[3].horizon: missing; expected how long the label is open, such as 10m
                        tasks[3].given: found 'd', expected a task listed before this one: [a, b]
                        tasks[4].label.transform: found on a label that is 0 or 1, expected none; remove it or at_least
                        tasks[4].horizon: found PT2400H, expected more than 0 and at most 90d
                        tasks[5].label.unit: found 's', expected one of milliseconds, seconds
                        tasks[5].label.ratio_of: found 'age', expected one of video_duration
                        tasks[5].label.unit: found beside ratio_of, expected one of the two; a ratio has no unit
                        tasks[5].label.aggregate: found 'count' with a unit or ratio, expected sum, max, last, or any with at_least
                        tasks[6].label.aggregate: found 'any' with a unit or ratio, expected sum, max, last, or any with at_least
                        tasks[6].decide: found 'now', expected one of early, at_horizon
                        events.max_disorder: found 'soon', expected a span of time such as 500ms, 30s, 10m, 1h or 2d
                        events.limits.remembered_ids: found 10, expected at least open_impressions, 20
                        tasks[6].label.at_last: not a known key; allowed here: aggregate, at_least, at_least_by_duration, kind, ratio_of, transform, unit""");
    }

    @Test
    void aTaskStandsAfterTheOneItIsGiven() {
        LabelRule label =
                new LabelRule("click", LabelRule.Aggregate.ANY, Optional.empty(), LabelRule.Divisor.ONE, Transform.X);
        TaskRule task = new TaskRule("a", label, Duration.ofMinutes(1), TaskRule.Decide.EARLY, "b");
        assertThatThrownBy(() -> new JoinSpec(List.of(task), Duration.ZERO, Duration.ZERO, Duration.ZERO))
                .hasMessage("task a: found given 'b', expected the name of a task listed before it");
    }
}
