package freshet.model.serve;

import freshet.serde.snapshot.SnapshotRecord;

/**
 * A record of one of the topics.
 *
 * @param offset of the record in its topic
 */
public record FeedRecord(FeedTopic topic, long offset, SnapshotRecord record) {}
