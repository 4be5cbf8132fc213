package freshet.jobs.dataset;

import freshet.jobs.dataset.CsvFile.BadRowException;
import freshet.jobs.dataset.CsvFile.Row;
import freshet.serde.event.Feedback;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One row of a KuaiRand log: an impression with what the viewer did about it.
 *
 * @param timeMillis when the video was shown, milliseconds since the epoch
 * @param tab the page it was shown on: a surface, not a position
 * @param playTimeMillis how long it was watched; 0 if not at all
 * @param durationMillis length of the video; 0 where unknown
 * @param randomlyShown whether a random policy put it there
 * @param kinds what the viewer did besides watching, in the order of {@link #KINDS}
 */
record KuaiRandLog(
        String userId,
        String videoId,
        long timeMillis,
        String tab,
        long playTimeMillis,
        long durationMillis,
        boolean randomlyShown,
        List<String> kinds) {

    /** The log's yes-or-no columns and the kinds of feedback they become. */
    static final Map<String, String> KINDS = kindsByColumn();

    /** Columns that must be there. */
    static final List<String> COLUMNS = columns();

    private static final String IS_RAND = "is_rand";

    /** 2005-01-01 and 2101-01-01 UTC: what lies outside is not milliseconds, or not a time. */
    private static final long EARLIEST_MILLIS = 1_104_537_600_000L;

    private static final long LATEST_MILLIS = 4_133_980_800_000L;

    /** Feedback without a time of its own is put half-way into the watch, but never later after the impression than this. */
    static final long LATEST_MADE_UP_MILLIS = 30_000;

    private static Map<String, String> kindsByColumn() {
        Map<String, String> kinds = new LinkedHashMap<>();
        kinds.put("is_click", "click");
        kinds.put("long_view", "long_view");
        kinds.put("is_like", "like");
        kinds.put("is_follow", "follow");
        kinds.put("is_comment", "comment");
        kinds.put("is_forward", "share");
        kinds.put("is_hate", "hide");
        kinds.put("is_profile_enter", "profile_enter");
        return kinds;
    }

    private static List<String> columns() {
        List<String> columns =
                new ArrayList<>(List.of("user_id", "video_id", "time_ms", "play_time_ms", "duration_ms"));
        columns.addAll(KINDS.keySet());
        columns.add("tab");
        return List.copyOf(columns);
    }

    static KuaiRandLog read(Row row) {
        List<String> kinds = new ArrayList<>(2);
        KINDS.forEach((column, kind) -> {
            if (row.flag(column)) {
                kinds.add(kind);
            }
        });
        long timeMillis = row.count("time_ms");
        if (timeMillis < EARLIEST_MILLIS || timeMillis > LATEST_MILLIS) {
            throw new BadRowException(
                    "time_ms: found " + timeMillis + ", expected milliseconds since the epoch, years 2005 to 2100");
        }
        return new KuaiRandLog(
                row.requiredText("user_id"),
                row.requiredText("video_id"),
                timeMillis,
                row.requiredText("tab"),
                row.count("play_time_ms"),
                row.count("duration_ms"),
                row.columns().contains(IS_RAND) && row.flag(IS_RAND),
                List.copyOf(kinds));
    }

    /** Names the row by what it is about, so that a repeated row repeats its id and the join can tell. */
    String impressionId() {
        return userId + "-" + videoId + "-" + timeMillis;
    }

    /** What the viewer did, as feedback: the watch at its end, the rest at a time made up by rule, inside the watch. */
    List<Feedback> feedback() {
        List<Feedback> feedback = new ArrayList<>(kinds.size() + 1);
        long madeUpMillis = timeMillis + Math.min(playTimeMillis / 2, LATEST_MADE_UP_MILLIS);
        for (String kind : kinds) {
            feedback.add(feedback(kind, madeUpMillis, 1));
        }
        if (playTimeMillis > 0) {
            feedback.add(feedback(Feedback.WATCH, timeMillis + playTimeMillis, playTimeMillis));
        }
        return feedback;
    }

    private Feedback feedback(String kind, long atMillis, double value) {
        return new Feedback(impressionId() + "-" + kind, impressionId(), userId, videoId, atMillis, kind, value);
    }
}
