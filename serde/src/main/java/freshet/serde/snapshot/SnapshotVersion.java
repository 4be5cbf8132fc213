package freshet.serde.snapshot;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which snapshot: the moment of event time it is as of. Everything decided strictly before that moment has been learnt,
 * nothing else. Ordered by that moment.
 *
 * <p>Written {@code 20220425T16Z} on a whole hour and {@code 20220425T1630Z} otherwise, in UTC.
 *
 * @param eventTimeMillis milliseconds since the epoch, a whole minute, from year 0 to 9999
 */
public record SnapshotVersion(long eventTimeMillis) implements Comparable<SnapshotVersion> {

    private static final long MINUTE_MILLIS = 60_000;
    private static final long HOUR_MILLIS = 3_600_000;
    private static final DateTimeFormatter HOUR =
            DateTimeFormatter.ofPattern("uuuuMMdd'T'HH'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);
    private static final DateTimeFormatter MINUTE =
            DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmm'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);
    private static final Pattern TEXT = Pattern.compile("(\\d{4})(\\d\\d)(\\d\\d)T(\\d\\d)(\\d\\d)?Z");

    public SnapshotVersion {
        if (eventTimeMillis % MINUTE_MILLIS != 0) {
            throw new IllegalArgumentException(
                    "snapshot version: found " + eventTimeMillis + " ms, expected a whole minute since the epoch");
        }
        int year = Instant.ofEpochMilli(eventTimeMillis).atZone(ZoneOffset.UTC).getYear();
        if (year < 0 || year > 9999) {
            throw new IllegalArgumentException("snapshot version: found " + eventTimeMillis + " ms, which is the year "
                    + year + "; expected one of four digits");
        }
    }

    /** The version that a text names. */
    public static SnapshotVersion parse(String text) throws BadSnapshotException {
        Matcher matcher = TEXT.matcher(text);
        if (matcher.matches()) {
            String minute = matcher.group(5) == null ? "00" : matcher.group(5);
            String instant = matcher.group(1) + "-" + matcher.group(2) + "-" + matcher.group(3) + "T" + matcher.group(4)
                    + ":" + minute + ":00Z";
            try {
                SnapshotVersion version =
                        new SnapshotVersion(Instant.parse(instant).toEpochMilli());
                if (version.toString().equals(text)) {
                    return version;
                }
            } catch (java.time.DateTimeException notADate) {
                // Told below, with what was expected.
            }
        }
        throw new BadSnapshotException(
                "snapshot version: found '" + text + "', expected an hour in UTC such as 20220425T16Z");
    }

    /** The text that names it: in keys, directories and aliases. */
    @Override
    public String toString() {
        DateTimeFormatter format = eventTimeMillis % HOUR_MILLIS == 0 ? HOUR : MINUTE;
        return format.format(Instant.ofEpochMilli(eventTimeMillis));
    }

    @Override
    public int compareTo(SnapshotVersion that) {
        return Long.compare(eventTimeMillis, that.eventTimeMillis);
    }
}
