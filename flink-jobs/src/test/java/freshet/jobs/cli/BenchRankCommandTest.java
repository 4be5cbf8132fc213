package freshet.jobs.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class BenchRankCommandTest {
    @Test
    void saysWhatIsWrong() {
        StringWriter err = new StringWriter();
        CommandLine commandLine = Main.commandLine();
        commandLine.setErr(new PrintWriter(err, true));
        assertThat(commandLine.execute("bench", "rank", "--seconds", "0")).isEqualTo(2);
        assertThat(err.toString()).contains("--seconds: found 0.0, expected above 0");
    }
}
