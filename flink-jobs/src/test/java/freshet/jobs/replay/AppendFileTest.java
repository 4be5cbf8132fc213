package freshet.jobs.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AppendFileTest {
    @TempDir
    Path dir;

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4})
    void holdsEveryLineOnceAfterAnyNumberOfResumptions(long seed) throws IOException {
        Random random = new Random(seed);
        Path path = dir.resolve("lines.txt");
        StringBuilder expected = new StringBuilder();
        long checkpointed = 0;
        int checkpointedLine = 0;
        int line = 0;
        AppendFile file = AppendFile.open(path, 0);
        while (line < 200) {
            file.line(text(line++));
            if (random.nextInt(10) == 0) {
                checkpointed = file.flush();
                checkpointedLine = line;
            }
            if (random.nextInt(40) == 0) {
                file.close();
                file = AppendFile.open(path, checkpointed);
                line = checkpointedLine;
            }
        }
        file.close();
        for (int i = 0; i < 200; i++) {
            expected.append(text(i)).append('\n');
        }
        assertThat(Files.readString(path)).isEqualTo(expected.toString());
    }

    /** Some lines longer than the buffer, some with letters of several bytes. */
    private static String text(int line) {
        return line + " ä".repeat(line % 7 == 0 ? 40_000 : line);
    }

    @Test
    void refusesAFileThatIsShorterThanTheCheckpointSays() throws IOException {
        Path path = dir.resolve("lines.txt");
        Files.writeString(path, "abc");
        assertThatThrownBy(() -> AppendFile.open(path, 10))
                .hasMessageContaining("found 3 bytes, expected at least the 10");
    }
}
