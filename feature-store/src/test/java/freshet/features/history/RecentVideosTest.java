package freshet.features.history;

import static org.assertj.core.api.Assertions.assertThat;

import freshet.features.binary.ByteReader;
import freshet.features.binary.ByteWriter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RecentVideosTest {
    private static final int LISTS = 3;

    /** Against lists of names, oldest first. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
    void isAListOfNamesForEachKind(int seed) {
        Random random = new Random(seed);
        int[] most = {1 + random.nextInt(3), 5, 40};
        RecentVideos recent = new RecentVideos(LISTS);
        List<List<String>> expected = new ArrayList<>();
        for (int list = 0; list < LISTS; list++) {
            expected.add(new ArrayList<>());
        }
        for (int step = 0; step < 400; step++) {
            int list = random.nextInt(LISTS);
            String video = video(random);
            recent.remember(list, video, most[list]);
            List<String> kept = expected.get(list);
            kept.remove(video);
            kept.add(video);
            kept.subList(0, Math.max(0, kept.size() - most[list])).clear();

            for (int each = 0; each < LISTS; each++) {
                assertIs(recent, each, expected.get(each), random.nextInt(45));
            }
        }
    }

    private static void assertIs(RecentVideos recent, int list, List<String> oldestFirst, int most) {
        List<String> newestFirst = new ArrayList<>(oldestFirst);
        Collections.reverse(newestFirst);
        List<String> newest = newestFirst.subList(0, Math.min(most, newestFirst.size()));
        assertThat(recent.count(list)).isEqualTo(oldestFirst.size());
        assertThat(recent.newest(list, most)).containsExactlyElementsOf(newest);
        ByteWriter out = new ByteWriter();
        recent.writeNewest(list, most, out);
        assertThat(texts(out)).isEqualTo(newest);
        out.clear();
        recent.writeOldestFirst(list, out);
        assertThat(texts(out)).isEqualTo(oldestFirst);
    }

    private static List<String> texts(ByteWriter written) {
        ByteReader in = new ByteReader("recent videos", written.toByteArray());
        List<String> texts = new ArrayList<>();
        for (int count = in.readCount(0); count > 0; count--) {
            texts.add(in.readText());
        }
        in.end();
        return texts;
    }

    /** Some ids begin alike, some are empty, wide, or longer than a length of one byte can say. */
    private static String video(Random random) {
        return switch (random.nextInt(8)) {
            case 0 -> "";
            case 1 -> "\u00e9\u4e2d" + random.nextInt(4);
            case 2 -> "x".repeat(126 + random.nextInt(4));
            default -> "v" + random.nextInt(60);
        };
    }

    @Test
    void takesAListOfAnother() {
        RecentVideos from = new RecentVideos(1);
        List.of("a", "b", "c").forEach(video -> from.remember(0, video, 9));
        RecentVideos recent = new RecentVideos(2);
        recent.remember(0, "z", 9);
        recent.take(1, from, 0);
        assertThat(recent.newest(0, 9)).containsExactly("z");
        assertThat(recent.newest(1, 9)).containsExactly("c", "b", "a");
    }
}
