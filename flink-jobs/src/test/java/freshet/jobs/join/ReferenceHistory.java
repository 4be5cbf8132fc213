package freshet.jobs.join;

import freshet.serde.event.Event;
import freshet.serde.event.Feedback;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** What one user's history takes, as a list that is sorted when all of it is there. */
final class ReferenceHistory {

    /** An event as the history takes it: in the moment {@code at}, there by stage, place and second place. */
    private record Known(long at, int stage, int place, int second, int life, Event event) {}

    private final List<Known> all = new ArrayList<>();

    /**
     * Adds an event.
     *
     * @param at when the history takes it, which may be later than when it happened
     * @param stage 0 with the events of that moment, 1 after them
     * @param place of the event in the stream that it goes by: its own, or the impression's that it waited for
     * @param second among the events of one place
     * @param life how often the user had been forgotten when it came
     */
    void add(long at, int stage, int place, int second, int life, Event event) {
        Event then = event instanceof Feedback f
                ? new Feedback(f.id(), f.impressionId(), f.userId(), f.videoId(), at, f.kind(), f.value())
                : event;
        all.add(new Known(at, stage, place, second, life, then));
    }

    /** What is known of the user when an event comes. */
    List<Event> before(Event event, int life) {
        all.sort(Comparator.comparingLong(Known::at)
                .thenComparingInt(Known::stage)
                .thenComparingInt(Known::place)
                .thenComparingInt(Known::second));
        return all.stream()
                .takeWhile(known -> known.event != event)
                .filter(known -> known.life == life)
                .map(Known::event)
                .toList();
    }
}
