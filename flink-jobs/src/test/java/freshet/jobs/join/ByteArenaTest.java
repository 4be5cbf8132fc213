package freshet.jobs.join;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import freshet.features.binary.ByteWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ByteArenaTest {
    private static final int CHUNK = 256;

    /** A block and what is in it. */
    private record Known(long block, byte[] bytes) {}

    /** Beside a list of arrays. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void aBlockHoldsWhatWasPutUntilItIsFreed(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        ByteArena arena = new ByteArena(CHUNK);
        List<Known> known = new ArrayList<>();
        int most = random.nextInt(1, 60);
        for (int step = 0; step < 5000; step++) {
            int choice = known.isEmpty() ? 0 : random.nextInt(5);
            if (choice < 2 && known.size() < most) {
                byte[] bytes = new byte[random.nextInt(10) == 0 ? random.nextInt(3 * CHUNK) : random.nextInt(60)];
                random.nextBytes(bytes);
                known.add(new Known(arena.put(written(bytes)), bytes));
            } else if (choice < 4) {
                // Mostly the oldest, as users do.
                int index = random.nextInt(3) > 0 ? 0 : random.nextInt(known.size());
                arena.free(known.remove(index).block);
            } else {
                int index = random.nextInt(known.size());
                Known one = known.get(index);
                if (arena.isSparse(one.block)) {
                    known.set(index, new Known(arena.move(one.block), one.bytes));
                }
            }
            for (Known one : known) {
                assertThat(content(arena, one.block)).isEqualTo(one.bytes);
            }
        }
        known.forEach(one -> arena.free(one.block));
        assertThat(arena.heapBytes()).isLessThanOrEqualTo(9 * CHUNK + 3 * CHUNK);
    }

    /** One that lives for ever among many that do not must not hold the whole arena. */
    @Test
    void movingWhatLiesAloneKeepsTheArenaSmall() {
        ByteArena arena = new ByteArena(CHUNK);
        List<Long> lasting = new ArrayList<>();
        for (int round = 0; round < 2000; round++) {
            if (round % 20 == 0) {
                lasting.add(arena.put(written(new byte[10])));
            }
            arena.free(arena.put(written(new byte[50])));
            lasting.replaceAll(block -> arena.isSparse(block) ? arena.move(block) : block);
        }

        assertThat(lasting).hasSize(100);
        assertThat(arena.heapBytes()).isLessThan(100 * 14 * 2 + 10 * CHUNK);
    }

    @Test
    void aBlockWhoseChunkIsGoneIsRefused() {
        ByteArena arena = new ByteArena(CHUNK);
        long first = arena.put(written(new byte[200]));
        arena.put(written(new byte[200]));
        arena.free(first);

        assertThatThrownBy(() -> arena.bytes(first))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("it is used after its end");
    }

    private static ByteWriter written(byte[] bytes) {
        ByteWriter out = new ByteWriter();
        out.writeBytes(bytes, 0, bytes.length);
        return out;
    }

    private static byte[] content(ByteArena arena, long block) {
        int offset = arena.offset(block);
        return Arrays.copyOfRange(arena.bytes(block), offset, offset + arena.length(block));
    }
}
