package freshet.jobs.source;

import freshet.jobs.source.SourceRecord.Good;
import freshet.jobs.source.SourceRecord.Origin;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The {@link PartitionClock}s of the partitions that a task reads. Histories have none: they hold no event time back and drag
 * none along. Not thread-safe.
 */
final class EventClocks {
    private final long maxFutureMillis;
    private final PartitionClock.Verdicts<Good> verdicts;
    private final Map<String, Map<Integer, PartitionClock<Good>>> byTopic = new HashMap<>();

    EventClocks(long maxFutureMillis, PartitionClock.Verdicts<Good> verdicts) {
        this.maxFutureMillis = maxFutureMillis;
        this.verdicts = verdicts;
    }

    /** Judges a record, at once or later. */
    void accept(Good good) {
        if (good.stream() == EventStream.HISTORY) {
            verdicts.inTime(good);
        } else {
            Origin origin = good.origin();
            of(origin.topic(), origin.partition())
                    .accept(good.event().eventTimeMillis(), good.event().userId(), good, verdicts);
        }
    }

    /** No event at or before the watermark is expected any more: what is held and near to it is not ahead of the stream. */
    void advance(long watermarkMillis) {
        for (PartitionClock<Good> clock : all().values()) {
            if (clock.held() > 0) {
                clock.passed(watermarkMillis, verdicts);
            }
        }
    }

    /** Judges all that is held: nothing follows. */
    void end() {
        all().values().forEach(clock -> clock.end(verdicts));
    }

    /** What is held, in no order between partitions. */
    List<Good> held() {
        List<Good> held = new ArrayList<>();
        all().values().forEach(clock -> held.addAll(clock.heldRecords()));
        return held;
    }

    /** The time of each partition, by {@code topic-partition}. */
    Map<String, Long> times() {
        Map<String, Long> times = new TreeMap<>();
        all().forEach((name, clock) -> {
            if (clock.nowMillis() != PartitionClock.UNKNOWN) {
                times.put(name, clock.nowMillis());
            }
        });
        return times;
    }

    /** Takes over a time that this task or another had saved; the later one counts. */
    void restore(String name, long nowMillis) {
        int dash = name.lastIndexOf('-');
        of(name.substring(0, dash), Integer.parseInt(name.substring(dash + 1))).passed(nowMillis, verdicts);
    }

    private PartitionClock<Good> of(String topic, int partition) {
        return byTopic.computeIfAbsent(topic, name -> new HashMap<>())
                .computeIfAbsent(partition, number -> new PartitionClock<>(maxFutureMillis));
    }

    private Map<String, PartitionClock<Good>> all() {
        Map<String, PartitionClock<Good>> all = new TreeMap<>();
        byTopic.forEach((topic, partitions) ->
                partitions.forEach((partition, clock) -> all.put(topic + "-" + partition, clock)));
        return all;
    }
}
