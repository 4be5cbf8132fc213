package freshet.serde.wire;

import freshet.serde.event.DeadLetter.Reason;
import freshet.serde.event.EventProblem;
import freshet.serde.event.EventValidator;
import freshet.serde.feature.FeatureState;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * States of viewers, videos and channels as Avro, by {@code schema/feature_state.avsc}, and the keys of their records, which
 * are what a compacted topic keeps one record of. Not thread-safe.
 */
public final class FeatureStateCodec extends AvroCodec<FeatureState> {
    /** The most bytes a record may have; far above what a producer sends unless told otherwise. */
    public static final int MAX_RECORD_BYTES = 16 << 20;

    private static final char SCOPE_END = '/';

    public FeatureStateCodec() {
        this(SchemaStore.known());
    }

    /** Reads the versions of a store. */
    public FeatureStateCodec(SchemaStore store) {
        super(Schemas.FEATURE_STATE, store);
    }

    /** The key of a record: {@code user/}, {@code video/} or {@code channel/}, then the id; UTF-8. */
    public static byte[] encodeKey(FeatureState.Key key) {
        return (key.scope().label() + SCOPE_END + key.id()).getBytes(StandardCharsets.UTF_8);
    }

    /** The key in a record's key, or why there is none. */
    public static Decoded<FeatureState.Key> decodeKey(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.UTF_8);
        for (FeatureState.Scope scope : FeatureState.Scope.values()) {
            String start = scope.label() + SCOPE_END;
            if (text.startsWith(start) && text.length() > start.length()) {
                return Decoded.value(new FeatureState.Key(scope, text.substring(start.length())));
            }
        }
        return Decoded.bad(
                Reason.UNDECODABLE,
                "the key: found " + bytes.length + " bytes, expected user/, video/ or channel/ and an id");
    }

    @Override
    int maxRecordBytes() {
        return MAX_RECORD_BYTES;
    }

    @Override
    void write(FeatureState value, AvroOutput out) {
        out.text(value.key().scope().label());
        out.text(value.key().id());
        out.longNumber(value.asOfMillis());
        out.bytes(value.state());
    }

    @Override
    FeatureState read(AvroInput in) {
        FeatureState.Scope scope = scope(in.text("scope", EventValidator.MAX_TEXT_BYTES));
        return new FeatureState(
                new FeatureState.Key(scope, in.text("id", EventValidator.MAX_TEXT_BYTES)),
                in.longNumber("as_of"),
                in.bytes("state", MAX_RECORD_BYTES));
    }

    private static FeatureState.Scope scope(String label) {
        return FeatureState.Scope.of(label)
                .orElseThrow(() -> new BadRecordException(
                        Reason.UNDECODABLE,
                        "scope: found a word of " + label.length() + " letters, expected user, video or channel"));
    }

    @Override
    Optional<EventProblem> problemOf(FeatureState value) {
        return value.key().id().isEmpty()
                ? Optional.of(new EventProblem(Reason.MISSING_ID, "id: found none, expected one"))
                : Optional.empty();
    }
}
