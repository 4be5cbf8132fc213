package freshet.jobs.view;

import freshet.features.binary.ByteReader;
import freshet.features.binary.ByteWriter;
import freshet.features.history.UserHistory;

/**
 * What is remembered of one video or channel. Changed by {@link ViewCore} only, but for its timer.
 *
 * <p>Layout, version 1: version byte; signed varlongs of the moment processed last, of the timer and of the newest event; the channel; the history.
 */
final class ViewState {
    /** No timer is set. */
    static final long NO_TIMER = Long.MIN_VALUE;

    private static final int VERSION = 1;

    /** Every event at or before it has been taken; a later one that is not later is late. */
    long processedThroughMillis = Long.MIN_VALUE;

    /** When to look whether all of it has expired. */
    long expiryTimerMillis = NO_TIMER;

    /** The channel as which the video was last shown; empty where unknown, and of channels. */
    String channelId = "";

    /** Event time of the newest event taken; {@link UserHistory#NEVER} before the first. */
    long newestMillis = UserHistory.NEVER;

    UserHistory history = new UserHistory();

    /** Back to where nothing had happened, but for how far time has come. */
    void forget() {
        channelId = "";
        newestMillis = UserHistory.NEVER;
        history = new UserHistory();
    }

    byte[] encode() {
        ByteWriter out = new ByteWriter();
        out.writeByte(VERSION);
        out.writeSignedVarLong(processedThroughMillis);
        out.writeSignedVarLong(expiryTimerMillis);
        out.writeSignedVarLong(newestMillis);
        out.writeText(channelId);
        history.writeTo(out);
        return out.toByteArray();
    }

    /** Throws {@link IllegalStateException} for bytes that are damaged or newer than this release. */
    static ViewState decode(byte[] bytes) {
        ByteReader in = new ByteReader("what is remembered of a video", bytes);
        in.readVersion(VERSION);
        ViewState state = new ViewState();
        state.processedThroughMillis = in.readSignedVarLong();
        state.expiryTimerMillis = in.readSignedVarLong();
        state.newestMillis = in.readSignedVarLong();
        state.channelId = in.readText();
        state.history = UserHistory.readFrom(in);
        in.end();
        return state;
    }
}
