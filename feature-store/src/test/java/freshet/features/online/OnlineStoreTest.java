package freshet.features.online;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import freshet.features.online.OnlineStore.Applied;
import freshet.features.online.OnlineStore.Partition;
import freshet.serde.feature.FeatureChange;
import freshet.serde.feature.FeatureState;
import freshet.serde.feature.FeatureState.Key;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OnlineStoreTest {
    private static final Partition PARTITION = new Partition("user_features", 3);

    @TempDir
    Path folder;

    private static FeatureChange state(String user, long asOfMillis, int content) {
        return FeatureChange.to(new FeatureState(Key.user(user), asOfMillis, new byte[] {(byte) content}));
    }

    @Test
    void givesTheNewestStateAndRecognisesOlderOnes() {
        try (OnlineStore store = OnlineStore.open(folder)) {
            assertThat(store.find(Key.user("u"))).isNull();
            assertThat(store.apply(List.of(state("u", 5, 1), state("u", 7, 2), state("u", 6, 3)), Map.of()))
                    .isEqualTo(new Applied(2, 0, 1));
            assertThat(store.apply(List.of(state("u", 6, 4)), Map.of())).isEqualTo(new Applied(0, 0, 1));
            assertThat(store.find(Key.user("u"))).isEqualTo(state("u", 7, 2).state());
            assertThat(store.find(Key.video("u"))).isNull();
        }
    }

    @Test
    void forgetsWhatATombstoneNames() {
        try (OnlineStore store = OnlineStore.open(folder)) {
            store.apply(List.of(state("u", 5, 1), state("v", 5, 1)), Map.of());
            assertThat(store.apply(List.of(FeatureChange.forget(Key.user("u"))), Map.of()))
                    .isEqualTo(new Applied(0, 1, 0));
            assertThat(store.find(Key.user("u"))).isNull();
            assertThat(store.find(Key.user("v"))).isNotNull();
        }
    }

    @Test
    void goesOnWhereItsContentEnds() {
        try (OnlineStore store = OnlineStore.open(folder)) {
            assertThat(store.offsets()).isEmpty();
            store.apply(List.of(state("ü", 5, 1)), Map.of(PARTITION, 17L, new Partition("other", 0), 1L));
            store.apply(List.of(), Map.of(PARTITION, 1L << 40));
        }
        try (OnlineStore store = OnlineStore.open(folder)) {
            assertThat(store.offsets()).isEqualTo(Map.of(PARTITION, 1L << 40, new Partition("other", 0), 1L));
            assertThat(store.find(Key.user("ü"))).isEqualTo(state("ü", 5, 1).state());
        }
    }

    @Test
    void othersReadBesideTheOneThatFollows() {
        try (OnlineStore store = OnlineStore.open(folder)) {
            store.apply(List.of(state("u", 5, 1)), Map.of());
            try (OnlineStore reader = OnlineStore.openForReading(folder)) {
                store.apply(List.of(state("u", 6, 2)), Map.of());
                assertThat(reader.find(Key.user("u")))
                        .isEqualTo(state("u", 5, 1).state());
            }
            assertThatThrownBy(() -> OnlineStore.open(folder))
                    .isInstanceOf(OnlineStoreException.class)
                    .hasMessageContaining(folder.toString());
        }
    }

    @Test
    void saysWhatIsWrongWithAFolder() throws Exception {
        assertThatThrownBy(() -> OnlineStore.openForReading(folder.resolve("none")))
                .isInstanceOf(OnlineStoreException.class)
                .hasMessageContaining("none");
        Path file = Files.createFile(folder.resolve("file"));
        assertThatThrownBy(() -> OnlineStore.open(file))
                .isInstanceOf(OnlineStoreException.class)
                .hasMessageContaining("expected a folder");
    }

    @Test
    void refusesToBeUsedAfterItWasClosed() {
        OnlineStore store = OnlineStore.open(folder);
        store.close();
        store.close();
        assertThatThrownBy(() -> store.find(Key.user("u")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("closed");
    }

    /** Against a map, with batches, repeats of what came before, and the store opened again now and then. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void holdsWhatAMapWouldHold(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Map<Key, FeatureState> expected = new HashMap<>();
        OnlineStore store = OnlineStore.open(folder);
        try {
            for (int batch = 0; batch < 50; batch++) {
                List<FeatureChange> changes = new ArrayList<>();
                for (int i = random.nextInt(8); i > 0; i--) {
                    Key key = new Key(FeatureState.Scope.values()[random.nextInt(3)], "x".repeat(random.nextInt(1, 4)));
                    changes.add(
                            random.nextInt(6) == 0
                                    ? FeatureChange.forget(key)
                                    : FeatureChange.to(new FeatureState(
                                            key, random.nextInt(batch + 1), new byte[] {(byte) batch, (byte) i})));
                }
                for (FeatureChange change : changes) {
                    FeatureState state = change.state();
                    FeatureState known = expected.get(change.key());
                    if (state == null) {
                        expected.remove(change.key());
                    } else if (known == null || state.asOfMillis() >= known.asOfMillis()) {
                        expected.put(change.key(), state);
                    }
                }
                store.apply(changes, Map.of(PARTITION, (long) batch));
                if (random.nextInt(10) == 0) {
                    store.close();
                    store = OnlineStore.open(folder);
                    assertThat(store.offsets()).isEqualTo(Map.of(PARTITION, (long) batch));
                }
                for (FeatureState.Scope scope : FeatureState.Scope.values()) {
                    for (String id : List.of("x", "xx", "xxx")) {
                        Key key = new Key(scope, id);
                        assertThat(store.find(key)).isEqualTo(expected.get(key));
                    }
                }
            }
        } finally {
            store.close();
        }
    }
}
