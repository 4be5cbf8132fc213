package freshet.jobs.source;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.config.WireFormat;
import freshet.serde.event.Event;
import freshet.serde.event.HistorySeed;
import freshet.serde.event.Impression;
import java.util.Locale;

/** The streams that events come in, one topic or file each. */
public enum EventStream {
    /** Histories from before the stream; read to their end before event time begins to run. */
    HISTORY,
    IMPRESSIONS,
    FEEDBACK;

    /** The stream's name in files, metrics and ledgers. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The stream that an event came in. */
    public static EventStream of(Event event) {
        return event instanceof HistorySeed ? HISTORY : event instanceof Impression ? IMPRESSIONS : FEEDBACK;
    }

    /** The topic of this stream. */
    public String topic(FreshetConfig config) {
        return switch (this) {
            case HISTORY -> config.topics().histories();
            case IMPRESSIONS -> config.topics().impressions();
            case FEEDBACK -> config.topics().feedback();
        };
    }

    /** How the records of this stream's topic are written. */
    public WireFormat format(FreshetConfig config) {
        return switch (this) {
            case HISTORY -> config.events().histories();
            case IMPRESSIONS -> config.events().impressions();
            case FEEDBACK -> config.events().feedback();
        };
    }
}
