package freshet.jobs.sim;

/**
 * How big the simulated world is and how its events arrive. Spans are event time.
 *
 * @param seed of everything random
 * @param startMillis when it begins, milliseconds since the epoch
 * @param users how many viewers
 * @param videos how many videos
 * @param requestsPerMinute how many lists viewers ask for, in all, in a minute
 * @param listLength how many videos a list shows
 * @param candidates how many videos a list is chosen from
 * @param explored share of the lists that are shown in random order, whoever ranks
 * @param maxDelayMillis an event arrives at most this long after it happened
 * @param repeated share of events that arrive twice, the second time within the same bound
 */
public record SimulationSettings(
        long seed,
        long startMillis,
        int users,
        int videos,
        int requestsPerMinute,
        int listLength,
        int candidates,
        double explored,
        long maxDelayMillis,
        double repeated) {

    /** 2 March 2026, a Monday, 06:30 UTC: half an hour before the first snapshot. */
    public static final long START_MILLIS = 1_772_433_000_000L;

    public SimulationSettings {
        require(users > 0 && videos > 0, "at least one viewer and one video");
        require(requestsPerMinute > 0, "at least one request a minute");
        require(listLength > 0 && listLength <= candidates, "lists of 1 up to as many videos as there are candidates");
        require(candidates <= videos, "no more candidates than videos");
        require(explored >= 0 && explored <= 1 && repeated >= 0 && repeated <= 1, "shares from 0 to 1");
        require(maxDelayMillis >= 0, "a delay of 0 or more");
    }

    private static void require(boolean holds, String expected) {
        if (!holds) {
            throw new IllegalArgumentException("simulation: expected " + expected);
        }
    }

    /** The world of the demo: small enough that a few hours teach a model most of it. */
    public static SimulationSettings small(long seed) {
        return new SimulationSettings(seed, START_MILLIS, 400, 240, 40, 8, 24, 0.2, 20_000, 0.005);
    }

    public SimulationSettings withUsers(int count) {
        return new SimulationSettings(
                seed,
                startMillis,
                count,
                videos,
                requestsPerMinute,
                listLength,
                candidates,
                explored,
                maxDelayMillis,
                repeated);
    }

    public SimulationSettings withVideos(int count) {
        return new SimulationSettings(
                seed,
                startMillis,
                users,
                count,
                requestsPerMinute,
                listLength,
                Math.min(candidates, count),
                explored,
                maxDelayMillis,
                repeated);
    }

    public SimulationSettings withRequestsPerMinute(int count) {
        return new SimulationSettings(
                seed, startMillis, users, videos, count, listLength, candidates, explored, maxDelayMillis, repeated);
    }
}
