package freshet.jobs.recover;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.jobs.recover.Retained.Contents;
import freshet.jobs.recover.Retained.Incomplete;
import freshet.jobs.recover.Retained.Unreadable;
import freshet.jobs.recover.Retained.Whole;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

/** Whose state something is, which is chosen, and what that costs. */
class RecoveryPlanTest {
    private static final long NOW = 1_772_433_000_000L;
    private static final TopicPartition EXAMPLES = new TopicPartition("examples", 0);

    private static Contents contents(String uid, String topic) {
        SortedMap<TopicPartition, Long> offsets = new TreeMap<>(Comparator.comparing(TopicPartition::toString));
        offsets.put(new TopicPartition(topic, 0), 40L);
        return new Contents(7, Set.of(uid, "sink"), List.of(), 12, Set.of(), 0, offsets);
    }

    private static Retained retained(String group, int minutesAgo, Retained.State state) {
        return new Retained(group + "/" + minutesAgo, group, NOW - minutesAgo * 60_000L, state);
    }

    private static final Retained NEWEST = retained("a", 1, new Unreadable("cut off"));
    private static final Retained LACKING =
            retained("a", 3, new Incomplete(contents("train", "examples"), "no file f"));
    private static final Retained GOOD = retained("a", 70, new Whole(contents("train", "examples")));
    private static final Retained OF_OTHERS = retained("b", 0, new Whole(contents("train", "their.examples")));
    private static final Retained OTHER_JOB = retained("c", 0, new Whole(contents("join", "examples")));
    private static final Retained OF_NOBODY = retained("d", 0, new Unreadable("noise"));

    private static RecoveryPlan plan() {
        List<Retained> all = List.of(OF_OTHERS, OTHER_JOB, OF_NOBODY, NEWEST, LACKING, GOOD);
        return new RecoveryPlan(new JobState("train", Set.of("examples", "control")).among(all));
    }

    @Test
    void ofOneJobOfOneDeploymentAndWhatLiesBesideIt() {
        assertThat(plan().candidates()).containsExactly(NEWEST, LACKING, GOOD);
        assertThat(plan().chosen()).contains(GOOD);
        assertThat(new RecoveryPlan(List.of(NEWEST, LACKING)).chosen()).isEmpty();
    }

    @Test
    void everyCandidateHasALine() {
        assertThat(plan().lines(NOW))
                .satisfiesExactly(
                        line -> assertThat(line).startsWith("bad: ").contains("1m0s ago", "a/1", "cut off"),
                        line -> assertThat(line).startsWith("bad: ").contains("no file f"),
                        line -> assertThat(line)
                                .startsWith("good: ")
                                .contains("1h10m ago", "checkpoint 7", "12 bytes"));
    }

    @Test
    void whatItCosts() {
        assertThat(plan().consequences(NOW, Map.of(EXAMPLES, 40L)))
                .satisfiesExactly(
                        words -> assertThat(words).isEqualTo("goes back by 1h9m behind the newest, which is bad"),
                        words -> assertThat(words).contains("last 1h10m is done again"),
                        words -> assertThat(words).isEqualTo("reads on from examples-0:40"));
        assertThat(plan().consequences(NOW, Map.of(EXAMPLES, 50L)))
                .anySatisfy(words -> assertThat(words).startsWith("LOST: 10 records of examples-0"));
        assertThat(new RecoveryPlan(List.of(GOOD)).consequences(NOW, Map.of()))
                .noneMatch(words -> words.startsWith("goes back"));
    }
}
