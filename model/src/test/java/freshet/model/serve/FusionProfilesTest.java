package freshet.model.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import freshet.model.ModelFixtures;
import freshet.model.spec.TaskSpec;
import freshet.serde.config.ConfigException;
import freshet.serde.config.ConfigNode;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FusionProfilesTest {
    private static final List<TaskSpec> TASKS = ModelFixtures.tasks(ModelFixtures.TASKS);

    private static FusionProfiles read(String json) {
        ConfigNode root = ModelFixtures.node("{fusion: " + json + "}");
        FusionProfiles profiles = FusionProfiles.read(root.child("fusion"), TASKS);
        root.check();
        return profiles;
    }

    @Test
    void readsProfilesAndChoosesByName() {
        FusionProfiles profiles = read("""
                {default: 'feed', profiles: [
                  {name: 'feed', terms: [{task: 'click', alpha: 0.01, beta: 2, weight: 3}, {task: 'watch'}]},
                  {name: 'search', kind: 'weighted_sum', terms: [{task: 'like', weight: -1}]}]}""");

        FusedScore feed = new FusedScore(
                FusedScore.Kind.PRODUCT,
                List.of(new FusedScore.Term("click", 0.01, 2, 3), new FusedScore.Term("watch", 0, 1, 1)));
        assertThat(profiles.choose(null)).isEqualTo(feed);
        assertThat(profiles.choose("feed")).isEqualTo(feed);
        assertThat(profiles.choose("search"))
                .isEqualTo(
                        new FusedScore(FusedScore.Kind.WEIGHTED_SUM, List.of(new FusedScore.Term("like", 0, 1, -1))));
        assertThatThrownBy(() -> profiles.choose("x")).hasMessageContaining("[feed, search]");
        float[] predictions = {0.5f, 0.1f, 2f, 0.2f, 0.4f, 1f};
        assertThat(profiles.fuse("search", ModelFixtures.spec(ModelFixtures.FULL), predictions, 2))
                .containsExactly(-(double) 0.1f, -(double) 0.4f);
    }

    @Test
    void withoutProfilesThereIsNoScore() {
        assertThat(read("{}")).isEqualTo(FusionProfiles.NONE);
        assertThat(FusionProfiles.NONE.choose(null)).isNull();
        assertThatThrownBy(() -> FusionProfiles.NONE.choose("feed")).hasMessageContaining("no profiles");
    }

    @Test
    void theOnlyProfileIsTheDefault() {
        assertThat(read("{profiles: [{name: 'a', terms: [{task: 'click'}]}]}").byDefault())
                .isEqualTo("a");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{profiles: [{name: a, terms: [{task: share}]}]} | profiles[0].terms[0].task: found 'share'",
                "{profiles: [{name: a, terms: []}]} | profiles[0].terms: found none",
                "{profiles: [{name: a, kind: max, terms: [{task: click}]}]} | profiles[0].kind: found 'max'",
                "{default: b, profiles: [{name: a, terms: [{task: click}]}]} | default: found 'b'",
                "{profiles: [{name: a, terms: [{task: click}]}, {name: b, terms: [{task: click}]}]} | default: missing",
                "{profiles: [{name: a, terms: [{task: click}]}, {name: a, terms: [{task: click}]}]} | 'a' twice",
            })
    void namesEachMistake(String yaml, String expected) {
        String json = yaml.replaceAll("(: )([a-z]+)([,}])", "$1'$2'$3");

        assertThatThrownBy(() -> read(json)).isInstanceOf(ConfigException.class).hasMessageContaining(expected);
    }
}
