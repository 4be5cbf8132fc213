package freshet.model.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import freshet.model.ModelFixtures;
import freshet.serde.config.ConfigException;
import freshet.serde.config.ConfigNode;
import java.util.List;
import org.junit.jupiter.api.Test;

class ModelSpecTest {

    @Test
    void readsEveryPart() {
        ModelSpec spec = ModelFixtures.spec(ModelFixtures.FULL);
        assertThat(spec.tables())
                .extracting(TableSpec::name)
                .containsExactly(
                        "embedding.user",
                        "embedding.video",
                        "embedding.tag",
                        "wide.user",
                        "wide.video",
                        "wide.tag",
                        "wide.history",
                        "rate.user",
                        "rate.tag",
                        "rate.video*device",
                        "shallow.position*device",
                        "shallow.device");
        assertThat(spec.embeddings()).extracting(EmbeddingSpec::table).containsExactly(0, 1, 2, 1);
        assertThat(spec.embeddings()).extracting(EmbeddingSpec::inputOffset).containsExactly(0, 3, 7, 9);
        assertThat(spec.embeddings().get(2).pooling()).isEqualTo(Pooling.SUM);
        assertThat(spec.numberSlots()).containsExactly(0, 1);
        assertThat(spec.rates().inputOffsets()).containsExactly(15, 25, 35);
        assertThat(spec.inputWidth()).isEqualTo(45);
        assertThat(spec.shallow().missingWhenScoring()).isTrue();
        assertThat(spec.shallow().droppedSlots()).containsExactly(4);
        assertThat(spec.tasks().get(1).learningRateFactor()).isEqualTo(3);
    }

    @Test
    void theDefaultsAreASharedBottom() {
        ModelSpec spec = ModelFixtures.spec("{}");
        assertThat(spec.expertCount()).isZero();
        assertThat(spec.embeddings()).isEmpty();
        assertThat(spec.bottom()).containsExactly(128);
        assertThat(spec.batchSize()).isEqualTo(128);
        assertThat(spec.inputWidth()).as("the two numbers").isEqualTo(2);
        assertThat(spec.optimizer().clipNorm()).isZero();
    }

    @Test
    void bagsMayBeWeightedByPlace() {
        ModelSpec spec = ModelFixtures.spec(ModelFixtures.WEIGHTED);
        assertThat(spec.embeddings())
                .extracting(EmbeddingSpec::pooling)
                .containsExactly(
                        Pooling.MEAN,
                        new Pooling(Pooling.Kind.WEIGHTED, 0.8f),
                        new Pooling(Pooling.Kind.WEIGHTED, 0.5f));
        assertThatThrownBy(() -> ModelFixtures.spec("{embeddings: [{feature: 'tag', place_decay: 0.5}]}"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("embeddings[0].place_decay: found without pooling: weighted");
    }

    @Test
    void numbersMayBeReadAsRanks() {
        ModelSpec spec = ModelFixtures.spec("{rates: {keys: [['user']]}, quantiles: {numbers: ['duration']}}");
        assertThat(spec.quantiles().slots()).containsExactly(1);
        assertThat(spec.quantiles().inputOffset()).as("numbers, rates").isEqualTo(2 + 10);
        assertThat(spec.inputWidth()).as("x, sqrt(x) and x^2 of the rank").isEqualTo(2 + 10 + 3);
        assertThatThrownBy(() -> ModelFixtures.spec("{quantiles: {numbers: ['durtion', 'age', 'age'], intervals: 1}}"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("quantiles.numbers: found 'durtion'")
                .hasMessageContaining("found 'age' a second time")
                .hasMessageContaining("quantiles.intervals");
    }

    @Test
    void readsItselfBackFromItsJson() {
        ModelSpec spec = ModelFixtures.spec(ModelFixtures.FULL);
        List<TaskSpec> tasks = spec.tasks().stream()
                .map(task -> TaskSpec.read(ModelFixtures.node(task.json())))
                .toList();
        assertThat(ModelSpec.read(ModelFixtures.node(spec.json()), tasks, ModelFixtures.SCHEMA))
                .isEqualTo(spec);
    }

    @Test
    void everyMistakeIsNamedWithItsPlace() {
        ConfigNode node = ModelFixtures.node("""
                {embeddings: [
                   {feature: 'usr', dim: 3},
                   {feature: 'video', dim: 4},
                   {feature: 'history', table: 'video', dim: 5},
                   {feature: 'video'},
                   {feature: 'tag', pooling: 'max'}],
                 numbers: ['agee'],
                 rates: {keys: [['user', 'who'], [], ['tag'], ['tag']]},
                 experts: {count: 2, layers: []},
                 shallow: {cross: [['positon']], dropped_when_serving: ['devise']},
                 batch: 0,
                 tick: '0s',
                 layers: 3,
                 optimizer: {dense: {kind: 'sgd'}, sparse: {learning_rate: -1}}}
                """);
        ModelSpec.read(node, ModelFixtures.tasks(ModelFixtures.TASKS), ModelFixtures.SCHEMA);
        assertThatThrownBy(node::check)
                .isInstanceOfSatisfying(
                        ConfigException.class,
                        e -> assertThat(e.problems())
                                .as(String.join("\n", e.problems()))
                                .satisfiesExactlyInAnyOrder(
                                        p -> assertThat(p)
                                                .startsWith(
                                                        "embeddings[0].feature: found 'usr', expected an id feature: user"),
                                        p -> assertThat(p).startsWith("embeddings[2].dim: found '5', expected 4"),
                                        p -> assertThat(p)
                                                .startsWith("embeddings[3].feature: found 'video' a second time"),
                                        p -> assertThat(p)
                                                .startsWith(
                                                        "embeddings[4].pooling: found 'max', expected one of mean, sum"),
                                        p -> assertThat(p)
                                                .startsWith(
                                                        "numbers: found 'agee', expected number features: age, duration"),
                                        p -> assertThat(p).startsWith("rates.keys: found 'who'"),
                                        p -> assertThat(p).startsWith("rates.keys: found an empty list"),
                                        p -> assertThat(p).startsWith("rates.keys: found [tag] a second time"),
                                        p -> assertThat(p).startsWith("experts.layers: found none"),
                                        p -> assertThat(p).startsWith("shallow.cross: found 'positon'"),
                                        p -> assertThat(p).startsWith("shallow.dropped_when_serving: found 'devise'"),
                                        p -> assertThat(p).startsWith("batch: found '0'"),
                                        p -> assertThat(p).startsWith("tick: found 0"),
                                        p -> assertThat(p).startsWith("layers: not a known key"),
                                        p -> assertThat(p)
                                                .startsWith("optimizer.dense.kind: found 'sgd', expected adam"),
                                        p -> assertThat(p).startsWith("optimizer.sparse.learning_rate: found '-1'")));
    }

    @Test
    void theFirstRuleThatNamesATableCounts() {
        ModelSpec spec = ModelFixtures.spec(ModelFixtures.MORTAL);
        assertThat(life(spec, "rate.video*device").expireAfterHours()).isEqualTo(3);
        assertThat(life(spec, "rate.user").admitAfter()).isEqualTo(1);
        assertThat(life(spec, "embedding.video")).isEqualTo(new RowLife(2, 1, 1 << 20, 24, 5));
        assertThat(life(spec, "embedding.user")).isEqualTo(new RowLife(1, 2, 1024, 3, 0));
        assertThat(life(spec, "wide.video")).isEqualTo(life(spec, "embedding.user"));
        assertThat(life(ModelFixtures.spec(ModelFixtures.FULL), "wide.video")).isEqualTo(RowLife.FOREVER);
    }

    private static RowLife life(ModelSpec spec, String table) {
        return spec.tables().stream()
                .filter(each -> each.name().equals(table))
                .findFirst()
                .orElseThrow()
                .life();
    }

    @Test
    void rulesForTablesThatAreNotThereAreMistakes() {
        ConfigNode node = ModelFixtures.node("""
                {embeddings: [{feature: 'user'}],
                 tables: [
                   {name: 'embedding.usr'},
                   {name: 'embedding.*', expire_after: '90m', admit_after: 256, admit_counters: 5000, max_rows: -1},
                   {expire_after: '1h'}]}
                """);
        ModelSpec.read(node, ModelFixtures.tasks(ModelFixtures.TASKS), ModelFixtures.SCHEMA);
        assertThatThrownBy(node::check)
                .hasMessageContaining("tables[0].name: found 'embedding.usr', expected one of embedding.user, or")
                .hasMessageContaining("tables[1].expire_after: found 'PT1H30M', expected whole hours")
                .hasMessageContaining("tables[1].admit_after: found '256'")
                .hasMessageContaining("tables[1].admit_counters: found '5000', expected a power of two")
                .hasMessageContaining("tables[1].max_rows: found '-1'")
                .hasMessageContaining("tables[2].name: missing");
    }

    @Test
    void twoTasksOfOneNameAndNoTasksAreMistakes() {
        ConfigNode node = ModelFixtures.node("{}");
        ModelSpec.read(node, ModelFixtures.tasks("[{name: 'click'}, {name: 'click'}]"), ModelFixtures.SCHEMA);
        assertThatThrownBy(node::check).hasMessageContaining("tasks: found the task 'click' twice");
        ConfigNode other = ModelFixtures.node("{}");
        ModelSpec.read(other, List.of(), ModelFixtures.SCHEMA);
        assertThatThrownBy(other::check).hasMessageContaining("tasks: found no tasks");
    }

    @Test
    void mistakesInStructureBalanceAndOptimizerAreNamed() {
        ConfigNode node = ModelFixtures.node("""
                {structure: 'mmoe',
                 balance: {kind: 'pareto', lower_bounds: {click: 0.7, like: 0.6}},
                 optimizer: {clip_update: 1, sparse: {kind: 'ftrl'}, wide: {decay: 0.9},
                             shallow: {decay_every: '1m'}}}
                """);
        ModelSpec.read(node, ModelFixtures.tasks(ModelFixtures.TASKS), ModelFixtures.SCHEMA);
        assertThatThrownBy(node::check)
                .isInstanceOfSatisfying(
                        ConfigException.class,
                        e -> assertThat(e.problems())
                                .as(String.join("\n", e.problems()))
                                .satisfiesExactlyInAnyOrder(
                                        p -> assertThat(p).startsWith("structure: found 'mmoe' without experts"),
                                        p -> assertThat(p).startsWith("balance.lower_bounds: found bounds that sum to"),
                                        p -> assertThat(p)
                                                .startsWith("optimizer.sparse.kind: found 'ftrl' with clip_update"),
                                        p -> assertThat(p)
                                                .startsWith("optimizer.wide.decay: found a decay and none of"),
                                        p -> assertThat(p).startsWith("optimizer.shallow.decay_every: found PT1M"),
                                        p -> assertThat(p)
                                                .startsWith("optimizer.shallow.decay: found a span without")));
    }

    @Test
    void otherStructuresTakeNoExpertsAndParetoNeedsSomethingShared() {
        assertThatThrownBy(() -> ModelFixtures.spec("{structure: 'shared_bottom', experts: {count: 2}}"))
                .hasMessageContaining("structure: found experts beside another structure");
        assertThatThrownBy(() -> ModelFixtures.spec("{structure: 'single_task', balance: {kind: 'pareto'}}"))
                .hasMessageContaining("balance.kind: found 'pareto' where tasks share no dense parameter");
        assertThatThrownBy(() -> ModelFixtures.spec("{bottom: [], balance: {kind: 'pareto'}}"))
                .hasMessageContaining("share no dense parameter");
        assertThat(ModelFixtures.spec(ModelFixtures.FULL).structure()).isEqualTo(Structure.MMOE);
    }

    @Test
    void aTaskLeansOnTasksBeforeIt() {
        assertThatThrownBy(() -> ModelFixtures.spec("{}", "[{name: 'buy', product_with: 'click'}, {name: 'click'}]"))
                .hasMessageContaining(
                        "found 'product_with: click' of the task 'buy', expected a task listed before it ()");
        assertThatThrownBy(() ->
                        ModelFixtures.spec("{}", "[{name: 'a', loss: 'squared'}, {name: 'b', product_with: 'a'}]"))
                .hasMessageContaining("expected a task listed before it (a) that is logistic");
        assertThatThrownBy(() -> ModelFixtures.spec("{}", "[{name: 'a', reads: ['a']}]"))
                .hasMessageContaining("found 'reads: a'");
        assertThatThrownBy(() -> ModelFixtures.tasks("[{name: 'a', loss: 'squared', product_with: 'b'}]"))
                .hasMessageContaining("product_with: found 'b', expected it with loss logistic only");
        assertThatThrownBy(() -> ModelFixtures.tasks("[{name: 'a', given: 'b', product_with: 'b'}]"))
                .hasMessageContaining("found it beside 'given'");
        assertThatThrownBy(() -> ModelFixtures.tasks("[{name: 'a', huber_delta: 2}]"))
                .hasMessageContaining("huber_delta: found a value, expected it with loss huber only");
    }
}
