package freshet.jobs.view;

import freshet.serde.event.Feedback;
import freshet.serde.event.Impression;

/** Where a {@link ViewCore} puts what comes out. Called on the thread that called the core. */
interface ViewOutput {

    /** An impression with what is known of its video or channel. */
    void impression(Impression impression);

    /** Feedback whose video was last shown as this channel's. */
    void feedback(String channelId, Feedback feedback);
}
