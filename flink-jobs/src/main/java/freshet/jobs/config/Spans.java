package freshet.jobs.config;

import java.time.Duration;

/** Spans of time as the configuration writes them. */
public final class Spans {
    private Spans() {}

    /** In the largest unit that says it whole, such as {@code 90m}. */
    public static String text(Duration span) {
        long millis = span.toMillis();
        if (millis % 86_400_000 == 0 && millis != 0) {
            return millis / 86_400_000 + "d";
        }
        if (millis % 3_600_000 == 0 && millis != 0) {
            return millis / 3_600_000 + "h";
        }
        if (millis % 60_000 == 0 && millis != 0) {
            return millis / 60_000 + "m";
        }
        return millis % 1000 == 0 ? millis / 1000 + "s" : millis + "ms";
    }
}
