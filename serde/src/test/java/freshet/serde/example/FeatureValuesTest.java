package freshet.serde.example;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class FeatureValuesTest {
    private static FeatureValues values() {
        return new FeatureValues(new String[][] {{"a", "b"}, {}}, new float[] {1, 2});
    }

    @Test
    void areDecodedWhenFirstAskedForAndOnce() {
        AtomicInteger decoded = new AtomicInteger();
        FeatureValues values = FeatureValues.of(() -> {
            decoded.incrementAndGet();
            return values();
        });
        assertThat(decoded).hasValue(0);
        assertThat(values.numbers()).containsExactly(1, 2);
        assertThat(values.ids()).isEqualTo(values().ids());
        assertThat(values).isEqualTo(values()).hasSameHashCodeAs(values()).hasToString(values().toString());
        assertThat(decoded).hasValue(1);
    }

    @Test
    void hashTheirIdsWhenFirstAskedFor() {
        FeatureValues values = values();
        assertThat(values.isHashed()).isFalse();
        assertThat(values.idSlots()).isEqualTo(2);
        HashedIds hashed = values.hashedIds();
        assertThat(values.isHashed()).isTrue();
        assertThat(values.hashedIds()).isSameAs(hashed);
        assertThat(hashed.ids()).containsExactly(IdHash.of("a"), IdHash.of("b"));
        assertThat(hashed.starts()).containsExactly(0, 2, 2);
    }

    @Test
    void thatCameHashedMakeTextsForThoseWhoAsk() {
        AtomicInteger decoded = new AtomicInteger();
        FeatureValues values = FeatureValues.ofHashed(values().hashedIds(), values().numbers(), () -> {
            decoded.incrementAndGet();
            return values().ids();
        });
        assertThat(values.isHashed()).isTrue();
        assertThat(values.idSlots()).isEqualTo(2);
        assertThat(values.hashedIds()).isEqualTo(values().hashedIds());
        assertThat(values.numbers()).containsExactly(1, 2);
        assertThat(decoded).hasValue(0);
        assertThat(values).isEqualTo(values()).hasSameHashCodeAs(values());
        assertThat(decoded).hasValue(1);
    }

    @Test
    void differWhereAValueDoes() {
        assertThat(values()).isNotEqualTo(new FeatureValues(new String[][] {{"a", "b"}, {}}, new float[] {1, 3}));
        assertThat(values()).isNotEqualTo(new FeatureValues(new String[][] {{"a"}, {"b"}}, new float[] {1, 2}));
    }
}
