package freshet.jobs.source;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import freshet.serde.event.DeadLetter.Reason;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * What became of every record that was read: the sources' part of the ledger. Per stream, read = decoded + dead (by reason) +
 * skipped (by condition) + held (until it is known whether the record's clock runs ahead). Tallies of several subtasks add up to one. Not thread-safe.
 */
public final class SourceTally {
    private static final ObjectMapper JSON = JsonMapper.builder().build();
    private static final EventStream[] STREAMS = EventStream.values();
    private static final Reason[] REASONS = Reason.values();

    private final long[] read = new long[STREAMS.length];
    private final long[] decoded = new long[STREAMS.length];
    private final long[] held = new long[STREAMS.length];
    private final long[][] dead = new long[STREAMS.length][REASONS.length];
    /** By condition of the mapping. Concurrent, since metrics read it from their own threads. */
    private final List<ConcurrentSkipListMap<String, Long>> skipped = Arrays.stream(STREAMS)
            .map(stream -> new ConcurrentSkipListMap<String, Long>())
            .toList();

    /** Counts a record as read. */
    public void read(EventStream stream) {
        read[stream.ordinal()]++;
    }

    /** Counts a record as handed on. */
    public void decoded(EventStream stream) {
        decoded[stream.ordinal()]++;
    }

    /** Counts a record as set aside. */
    public void dead(EventStream stream, Reason reason) {
        dead[stream.ordinal()][reason.ordinal()]++;
    }

    /** Counts a record as dropped because a condition of the mapping held. */
    public void skipped(EventStream stream, String condition) {
        skipped.get(stream.ordinal()).merge(condition, 1L, Long::sum);
    }

    /** Counts records as waiting for a judgement, or as judged where {@code n} is negative. */
    public void held(EventStream stream, long n) {
        held[stream.ordinal()] += n;
    }

    public long readCount(EventStream stream) {
        return read[stream.ordinal()];
    }

    public long decodedCount(EventStream stream) {
        return decoded[stream.ordinal()];
    }

    public long deadCount(EventStream stream, Reason reason) {
        return dead[stream.ordinal()][reason.ordinal()];
    }

    public long heldCount(EventStream stream) {
        return held[stream.ordinal()];
    }

    /** Over all conditions. */
    public long skippedCount(EventStream stream) {
        return skipped.get(stream.ordinal()).values().stream()
                .mapToLong(Long::longValue)
                .sum();
    }

    /** Adds all of another tally. */
    public void merge(SourceTally other) {
        for (int stream = 0; stream < STREAMS.length; stream++) {
            read[stream] += other.read[stream];
            decoded[stream] += other.decoded[stream];
            held[stream] += other.held[stream];
            ConcurrentSkipListMap<String, Long> ours = skipped.get(stream);
            other.skipped.get(stream).forEach((condition, count) -> ours.merge(condition, count, Long::sum));
            for (int reason = 0; reason < REASONS.length; reason++) {
                dead[stream][reason] += other.dead[stream][reason];
            }
        }
    }

    /** The streams that do not add up, in words; empty when all do. */
    public List<String> imbalances() {
        List<String> found = new ArrayList<>();
        for (EventStream stream : STREAMS) {
            long refused = Arrays.stream(dead[stream.ordinal()]).sum();
            long ended = decodedCount(stream) + refused + skippedCount(stream) + heldCount(stream);
            if (ended != readCount(stream)) {
                found.add(stream.label() + " at the source: found decoded " + decodedCount(stream) + " + dead "
                        + refused + " + skipped " + skippedCount(stream) + " + held " + heldCount(stream) + " = "
                        + ended + ", expected "
                        + readCount(stream));
            }
        }
        return found;
    }

    /** {@code {"impressions": {"read": n, "decoded": n, "held": n, "dead": {"empty": n, ...}, "skipped": {condition: n}}, ...}}, always
     * with every reason. */
    public ObjectNode toJson() {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        for (EventStream stream : STREAMS) {
            ObjectNode one = json.putObject(stream.label());
            one.put("read", readCount(stream));
            one.put("decoded", decodedCount(stream));
            one.put("held", heldCount(stream));
            ObjectNode reasons = one.putObject("dead");
            for (Reason reason : REASONS) {
                reasons.put(reason.label(), deadCount(stream, reason));
            }
            ObjectNode conditions = one.putObject("skipped");
            skipped.get(stream.ordinal()).forEach(conditions::put);
        }
        return json;
    }

    /** For state: the JSON as UTF-8, so that a release may add streams and reasons. */
    public byte[] encode() {
        return toJson().toString().getBytes(StandardCharsets.UTF_8);
    }

    /** The tally whose {@link #encode()} this is. */
    public static SourceTally decode(byte[] bytes) {
        JsonNode json;
        try {
            json = JSON.readTree(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException("restoring the tally of a source: found bytes that are not JSON", e);
        }
        SourceTally tally = new SourceTally();
        for (EventStream stream : STREAMS) {
            JsonNode one = json.path(stream.label());
            tally.read[stream.ordinal()] = one.path("read").asLong();
            tally.decoded[stream.ordinal()] = one.path("decoded").asLong();
            tally.held[stream.ordinal()] = one.path("held").asLong();
            one.path("skipped")
                    .properties()
                    .forEach(entry -> tally.skipped
                            .get(stream.ordinal())
                            .put(entry.getKey(), entry.getValue().asLong()));
            for (Reason reason : REASONS) {
                tally.dead[stream.ordinal()][reason.ordinal()] =
                        one.path("dead").path(reason.label()).asLong();
            }
        }
        return tally;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof SourceTally that
                && Arrays.equals(read, that.read)
                && Arrays.equals(decoded, that.decoded)
                && Arrays.equals(held, that.held)
                && Arrays.deepEquals(dead, that.dead)
                && skipped.equals(that.skipped);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(read);
    }

    @Override
    public String toString() {
        return toJson().toString();
    }
}
