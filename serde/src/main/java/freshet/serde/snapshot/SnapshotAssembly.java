package freshet.serde.snapshot;

import java.util.Locale;

/** What one record did to a {@link SnapshotAssembler}. */
public sealed interface SnapshotAssembly {

    /** A chunk was taken; its snapshot is not whole yet. */
    record Incomplete(SnapshotVersion version, int chunksHeld) implements SnapshotAssembly {}

    /** A snapshot is whole and its checksums are right. Whether it is a good model is for the reader to find out. */
    record Complete(Snapshot snapshot) implements SnapshotAssembly {}

    /** Known already, a record sent again, which at-least-once delivery allows; or of a version that is not asked for. */
    record Repeat(SnapshotVersion version) implements SnapshotAssembly {}

    /** Nothing came of it. What was loaded stays loaded. */
    record Rejected(Reason reason, String detail) implements SnapshotAssembly {}

    /** Why a record came to nothing. A closed set, because each is a metric. */
    enum Reason {
        /** The key is no key of this format. */
        BAD_KEY,
        /** The manifest is not JSON, lacks something, contradicts itself or its key, or is of an unknown format. */
        BAD_MANIFEST,
        /** A manifest came and chunks of it did not: lost, or cut off by the topic's retention. */
        MISSING_CHUNKS,
        /** A manifest came, and chunks have arrived only torn or altered. */
        CORRUPT_CHUNKS,
        /** Every chunk is right and a file or the whole is not: the manifest is wrong. */
        CORRUPT_CONTENT,
        /** The reader was given keys, and this is not signed. */
        UNSIGNED,
        /** Signed with a key that the reader was not given. */
        UNKNOWN_KEY,
        /** The signature is not that of the key it names. */
        WRONG_SIGNATURE,
        /** Older than what is loaded. */
        OLDER,
        /** Written by a trainer that another one has replaced since. */
        OLDER_GENERATION,
        /** Of the version that is loaded, or that the registry names, with other content: two trainers write under one name. */
        CONFLICT,
        /** A delta that leads on from another state than the reader's. */
        BROKEN_CHAIN,
        /** Longer than this reader's memory allows. */
        TOO_LARGE;

        static Reason of(TrustedKeys.Distrust distrust) {
            return switch (distrust) {
                case UNSIGNED -> UNSIGNED;
                case UNKNOWN_KEY -> UNKNOWN_KEY;
                case WRONG_SIGNATURE -> WRONG_SIGNATURE;
            };
        }

        /** The name in metrics: lower case with underscores. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
