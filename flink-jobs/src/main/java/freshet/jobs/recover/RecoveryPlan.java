package freshet.jobs.recover;

import freshet.jobs.recover.Retained.Contents;
import freshet.jobs.recover.Retained.Incomplete;
import freshet.jobs.recover.Retained.Unreadable;
import freshet.jobs.recover.Retained.Whole;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicPartition;

/**
 * From what a job goes on.
 *
 * @param candidates what was kept of it, newest first
 */
public record RecoveryPlan(List<Retained> candidates) {
    public RecoveryPlan {
        candidates = List.copyOf(candidates);
    }

    /**
     * The same, after the newest that seems whole was read through, and where it is not, the next, until one is whole.
     *
     * @param readThrough reads one, and says what it is
     */
    public RecoveryPlan readThrough(UnaryOperator<Retained> readThrough) {
        List<Retained> read = new ArrayList<>();
        boolean isFound = false;
        for (Retained one : candidates) {
            Retained now = isFound ? one : readThrough.apply(one);
            isFound |= now.isGood();
            read.add(now);
        }
        return new RecoveryPlan(read);
    }

    /** The newest that is whole. */
    public Optional<Retained> chosen() {
        return candidates.stream().filter(Retained::isGood).findFirst();
    }

    /** One line for each candidate, newest first: what it is and whether it is whole. */
    public List<String> lines(long nowMillis) {
        return candidates.stream().map(one -> line(one, nowMillis)).toList();
    }

    private static String line(Retained one, long nowMillis) {
        String when = " " + Instant.ofEpochMilli(one.writtenMillis() / 1000 * 1000) + " (" + age(one, nowMillis)
                + " ago) " + one.path();
        if (one.state() instanceof Whole whole) {
            Contents contents = whole.contents();
            return "good:" + when + ": checkpoint " + contents.checkpointId() + ", "
                    + contents.files().size()
                    + " files, " + contents.bytes() + " bytes"
                    + (contents.notLookedAt().isEmpty()
                            ? ""
                            : "; not looked at: " + String.join(", ", contents.notLookedAt()))
                    + (contents.unsummedFiles() == 0
                            ? ""
                            : "; " + contents.unsummedFiles() + " of them have no checksum");
        }
        String reason = one.state() instanceof Incomplete incomplete
                ? incomplete.reason()
                : ((Unreadable) one.state()).reason();
        return "bad: " + when + ": " + reason;
    }

    private static String age(Retained one, long nowMillis) {
        return inWords(Duration.ofMillis(Math.max(0, nowMillis - one.writtenMillis())));
    }

    private static String inWords(Duration span) {
        if (span.toDays() > 0) {
            return span.toDays() + "d" + span.toHoursPart() + "h";
        }
        if (span.toHours() > 0) {
            return span.toHours() + "h" + span.toMinutesPart() + "m";
        }
        return span.toMinutes() > 0 ? span.toMinutes() + "m" + span.toSecondsPart() + "s" : span.toSeconds() + "s";
    }

    /**
     * What going on from the chosen one means, in words for people.
     *
     * @param oldest the first offset that each partition still has, as far as that is known
     */
    public List<String> consequences(long nowMillis, Map<TopicPartition, Long> oldest) {
        Optional<Retained> chosen = chosen();
        if (chosen.isEmpty()) {
            return List.of();
        }
        List<String> words = new ArrayList<>();
        Retained newest = candidates.get(0);
        if (!newest.equals(chosen.get())) {
            words.add("goes back by "
                    + inWords(Duration.ofMillis(
                            newest.writtenMillis() - chosen.get().writtenMillis()))
                    + " behind the newest, which is bad");
        }
        words.add("what was done in the last " + age(chosen.get(), nowMillis)
                + " is done again: the same records come out once more, and readers recognise them");
        Map<TopicPartition, Long> offsets = chosen.get().offsets();
        if (!offsets.isEmpty()) {
            words.add("reads on from " + places(offsets));
        }
        Map<TopicPartition, Long> lost = new TreeMap<>((a, b) -> a.toString().compareTo(b.toString()));
        offsets.forEach((partition, offset) -> {
            long missing = oldest.getOrDefault(partition, 0L) - offset;
            if (offset >= 0 && missing > 0) {
                lost.put(partition, missing);
            }
        });
        lost.forEach((partition, missing) -> words.add("LOST: " + missing + " records of " + partition
                + " are gone from the topic, which was kept for too short a time;"
                + " its source fails when it asks for them, unless freshet run has --skip-lost"));
        return words;
    }

    /** A source that has not asked yet keeps a number below zero for "the oldest". */
    private static String places(Map<TopicPartition, Long> offsets) {
        return offsets.entrySet().stream()
                .map(place -> place.getKey() + ":" + (place.getValue() < 0 ? "oldest" : place.getValue()))
                .collect(Collectors.joining(", "));
    }
}
