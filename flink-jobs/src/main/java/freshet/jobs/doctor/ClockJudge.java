package freshet.jobs.doctor;

import freshet.jobs.config.Spans;
import freshet.jobs.doctor.Answer.Known;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Holds timestamps of records against the clock of this machine: one that lies ahead shows that two clocks differ. */
final class ClockJudge {
    private static final Duration BROKER_MAY_DIFFER = Duration.ofSeconds(1);

    private ClockJudge() {}

    /**
     * One finding for each topic whose newest record is ahead; else one for the newest of all.
     *
     * @param maxAhead how far an event's clock may be ahead: {@code events.max_future}
     */
    static List<Finding> judge(Map<String, Answer<TopicFacts>> topics, long nowMillis, Duration maxAhead) {
        List<Finding> findings = new ArrayList<>();
        String freshest = null;
        long newest = Long.MIN_VALUE;
        for (Map.Entry<String, Answer<TopicFacts>> topic : new TreeMap<>(topics).entrySet()) {
            if (!(topic.getValue() instanceof Known<TopicFacts> known)
                    || known.value().newestMillis().isEmpty()) {
                continue;
            }
            long millis = known.value().newestMillis().getAsLong();
            boolean byBroker = isStampedByBroker(known.value());
            Duration limit = byBroker ? BROKER_MAY_DIFFER : maxAhead;
            if (millis - nowMillis > limit.toMillis()) {
                findings.add(Finding.warn(
                        "clocks",
                        "the newest record of " + topic.getKey() + " "
                                + Spans.text(Duration.ofMillis(millis - nowMillis))
                                + " ahead of this machine, by the clock of "
                                + (byBroker ? "a broker" : "its producer"),
                        Spans.text(limit) + " at most",
                        "set both by NTP; events whose clock is too far ahead become dead letters"));
            } else if (millis > newest) {
                newest = millis;
                freshest = topic.getKey();
            }
        }
        if (findings.isEmpty()) {
            findings.add(
                    freshest == null
                            ? Finding.note("clocks", "not compared: no topic has a record that this login can see")
                            : Finding.ok(
                                    "clocks",
                                    "no record is ahead of this machine; the newest, of " + freshest + ", is from "
                                            + Spans.text(Duration.ofSeconds((nowMillis - newest) / 1000))
                                            + " ago. A clock that is behind does not show here"));
        }
        return findings;
    }

    private static boolean isStampedByBroker(TopicFacts facts) {
        return facts.settings() instanceof Known<Map<String, String>> known
                && "LogAppendTime".equals(known.value().get("message.timestamp.type"));
    }
}
