package freshet.model.math;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.serde.example.IdHash;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class IdsTest {

    @Test
    void theHashIsTheStatedFunctionOfTheUtf8Bytes() {
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 2000; i++) {
            String text = text(random, 4);
            assertThat(Ids.hash(text)).as("hash of '%s'", text).isEqualTo(slowHash(text));
        }
    }

    @Test
    void manyTextsAreHashedAsEachAlone() {
        SplittableRandom random = new SplittableRandom(2);
        for (int i = 0; i < 500; i++) {
            int kinds = random.nextInt(4) == 0 ? 4 : 1; // most ids are of one byte a letter
            String[] texts = new String[random.nextInt(12)];
            Arrays.setAll(texts, any -> text(random, kinds));
            long[] found = new long[texts.length + 3];
            IdHash.of(texts, texts.length, found, 2);
            for (int j = 0; j < texts.length; j++) {
                assertThat(found[2 + j]).as("hash of '%s'", texts[j]).isEqualTo(slowHash(texts[j]));
            }
            assertThat(found).startsWith(0, 0).endsWith(0);
        }
    }

    private static String text(SplittableRandom random, int kinds) {
        StringBuilder text = new StringBuilder();
        int length = random.nextInt(12);
        for (int j = 0; j < length; j++) {
            int[] ofKind = {
                random.nextInt(0x80), random.nextInt(0x800), random.nextInt(0x10000), random.nextInt(0x110000)
            };
            text.appendCodePoint(ofKind[random.nextInt(kinds)]); // unpaired surrogates too
        }
        return text.toString();
    }

    /** FNV-1a as its authors publish it, then the mixing. */
    private static long slowHash(String text) {
        long hash = 0xcbf29ce484222325L;
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            hash ^= b & 0xFF;
            hash *= 0x100000001b3L;
        }
        return CounterRandom.mix(hash);
    }

    @Test
    void theHashNeverChanges() {
        // Rows of a checkpoint and of every snapshot are found by these numbers.
        assertThat(Ids.hash(""))
                .isEqualTo(CounterRandom.mix(0xcbf29ce484222325L))
                .isEqualTo(Ids.MISSING);
        assertThat(Ids.hash("a")).isEqualTo(CounterRandom.mix(0xaf63dc4c8601ec8cL));
        assertThat(Ids.hash("foobar")).isEqualTo(CounterRandom.mix(0x85944171f73967e8L));
    }

    @Test
    void crossesDependOnTheOrderOfTheirParts() {
        Set<Long> seen = new HashSet<>();
        for (int a = 0; a < 100; a++) {
            for (int b = 0; b < 100; b++) {
                assertThat(seen.add(Ids.cross(Ids.hash("a" + a), Ids.hash("a" + b))))
                        .isTrue();
            }
        }
    }

    @Test
    void randomNumbersAreUniformAndPure() {
        long key = CounterRandom.key(7, 3);
        double sum = 0;
        double squares = 0;
        int count = 100_000;
        for (int i = 0; i < count; i++) {
            float u = CounterRandom.uniform(key, i);
            assertThat(u).isGreaterThanOrEqualTo(0f).isLessThan(1f);
            sum += u;
            squares += u * u;
        }
        assertThat(sum / count).isBetween(0.497, 0.503);
        assertThat(squares / count).isBetween(0.330, 0.337);
        assertThat(CounterRandom.uniform(key, 5)).isEqualTo(CounterRandom.uniform(key, 5));
        assertThat(CounterRandom.key(7, 3)).isNotEqualTo(CounterRandom.key(3, 7));
    }
}
