package freshet.jobs.sim;

import freshet.jobs.sim.Draws.For;
import freshet.jobs.sim.World.Device;
import freshet.jobs.sim.World.Video;
import freshet.jobs.sim.World.Viewer;
import freshet.serde.event.Event;
import freshet.serde.event.Feedback;
import freshet.serde.event.Impression;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.PriorityQueue;

/**
 * Plays viewers against a ranker. Viewers ask for lists; each list is ranked, by the ranker if it has an answer, and a
 * share of them is shown in random order instead, since a model that only ever sees its own choices cannot find out that
 * they are wrong. What viewers do arrives late, out of order and sometimes twice, always within the settings' bound.
 *
 * <p>Not thread-safe.
 */
public final class Simulator {
    private static final long MILLIS_PER_MINUTE = 60_000;
    private static final double MEAN_DELAY_MILLIS = 2_000;

    /** How wrong the policy without a model is about a video: the deviation of its error; that of the quality is 0.7. */
    private static final double GUESS_NOISE = 1.5;

    private record Arrival(long atMillis, long number, Event event) {
        static final Comparator<Arrival> ORDER =
                Comparator.comparingLong(Arrival::atMillis).thenComparingLong(Arrival::number);
    }

    /** One list that one viewer asked for. */
    private record Request(long number, long atMillis, Viewer viewer, Device device, String surface) {}

    private final SimulationSettings settings;
    private final World world;
    private final Draws draws;
    private final ListRanker ranker;
    private final SimulationOutput output;
    private final PriorityQueue<Arrival> underway = new PriorityQueue<>(Arrival.ORDER);
    private final Map<Long, Integer> seenBefore = new HashMap<>();
    private long nextRequest;
    private long eventsMade;

    public Simulator(SimulationSettings settings, ListRanker ranker, SimulationOutput output) {
        this.settings = settings;
        this.world = new World(settings);
        this.draws = new Draws(settings.seed());
        this.ranker = ranker;
        this.output = output;
    }

    /** The kinds of device that viewers have, as impressions name them. */
    public static List<String> devices() {
        return Arrays.stream(Device.values()).map(Device::label).toList();
    }

    /**
     * What a position really adds to the logit of a click; 0 at the top of the page, less further down.
     *
     * @param device one of {@link #devices}
     * @param position from 0
     */
    public static double positionEffect(String device, int position) {
        return World.positionEffect(Device.valueOf(device.toUpperCase(Locale.ROOT)), position);
    }

    /** Plays everything that happens up to a moment, inclusive, and lets arrive what arrives up to then. */
    public void advance(long toMillis) {
        for (long atMillis = requestMillis(nextRequest); atMillis <= toMillis; atMillis = requestMillis(nextRequest)) {
            arrive(atMillis);
            play(request(nextRequest++, atMillis));
        }
        arrive(toMillis);
    }

    /** Lets everything arrive that is still underway; nothing new happens. */
    public void finish() {
        arrive(Long.MAX_VALUE);
    }

    private void arrive(long toMillis) {
        for (Arrival next = underway.peek(); next != null && next.atMillis <= toMillis; next = underway.peek()) {
            underway.remove();
            output.arrives(next.event, next.atMillis);
        }
    }

    /** Evenly spaced, with jitter inside each space, so that the times rise with the number. */
    private long requestMillis(long number) {
        double spaces = number + draws.uniform(For.REQUEST_TIME, number, 0);
        return settings.startMillis() + (long) (spaces * MILLIS_PER_MINUTE / settings.requestsPerMinute());
    }

    private Request request(long number, long atMillis) {
        // The square makes a few viewers heavy ones.
        double who = draws.uniform(For.REQUEST_VIEWER, number, 0);
        Viewer viewer = world.viewer((int) (who * who * settings.users()));
        boolean usualDevice = draws.happens(0.8, For.REQUEST_DEVICE, number, 0);
        Device device = usualDevice ? viewer.device() : World.device(draws.uniform(For.REQUEST_DEVICE, number, 1));
        String surface = draws.happens(0.7, For.REQUEST_SURFACE, number, 0) ? "home" : "next";
        return new Request(number, atMillis, viewer, device, surface);
    }

    private void play(Request request) {
        List<Video> candidates = candidates(request);
        ListRanker.Ranking ranking = ranker.rank(candidates.stream()
                .map(video -> impression(request, video).build())
                .toList());
        boolean explores = draws.happens(settings.explored(), For.REQUEST_EXPLORES, request.number, 0);
        double[] scores = new double[candidates.size()];
        for (int i = 0; i < scores.length; i++) {
            scores[i] = explores
                    ? draws.uniform(For.SHUFFLE, request.number, i)
                    : ranking != null ? ranking.scores()[i] : guess(request, candidates.get(i));
        }
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < scores.length; i++) {
            order.add(i);
        }
        order.sort(Comparator.comparingDouble((Integer i) -> -scores[i]));
        for (int position = 0; position < settings.listLength(); position++) {
            int chosen = order.get(position);
            Impression.Builder impression =
                    impression(request, candidates.get(chosen)).position(position);
            if (ranking != null) {
                impression.modelVersion(ranking.version()).score(ListRanker.SCORE, ranking.scores()[chosen]);
            }
            show(request, candidates.get(chosen), impression.build(), explores);
        }
    }

    /** Different videos, drawn evenly. */
    private List<Video> candidates(Request request) {
        List<Video> chosen = new ArrayList<>(settings.candidates());
        boolean[] taken = new boolean[settings.videos()];
        for (long draw = 0; chosen.size() < settings.candidates(); draw++) {
            int index = draws.index(settings.videos(), For.CANDIDATE, request.number, draw);
            if (!taken[index]) {
                taken[index] = true;
                chosen.add(world.video(index));
            }
        }
        return chosen;
    }

    private double guess(Request request, Video video) {
        return video.quality() + GUESS_NOISE * draws.normal(For.SHUFFLE, request.number, video.index());
    }

    private static Impression.Builder impression(Request request, Video video) {
        String requestId = "r" + request.number;
        return Impression.builder(requestId + "-" + video.id(), request.viewer.id(), video.id(), request.atMillis)
                .requestId(requestId)
                .channelId(video.channelId())
                .device(request.device.label())
                .surface(request.surface)
                .userLanguage(request.viewer.language())
                .videoLanguage(video.language())
                .videoDurationMillis(video.durationMillis())
                .videoPublishedAtMillis(video.publishedAtMillis())
                .ids("tag", List.of(video.topicId()));
    }

    private void show(Request request, Video video, Impression impression, boolean explored) {
        Viewer viewer = request.viewer;
        int seen = seenBefore.merge((long) viewer.index() * settings.videos() + video.index(), 1, Integer::sum) - 1;
        double click = world.clickProbability(
                viewer, request.device, video, impression.position(), seen, impression.eventTimeMillis());
        double like = world.likeProbability(viewer, video);
        double follow = world.followProbability(viewer, video);
        output.truth(new Truth(
                impression.impressionId(),
                click,
                click * like,
                click * follow,
                World.positionEffect(request.device, impression.position()),
                explored));
        send(impression);
        if (draws.happens(click, For.CLICKS, request.number, video.index())) {
            watch(request, video, impression, like, follow);
        }
    }

    private void watch(Request request, Video video, Impression impression, double like, double follow) {
        long number = request.number;
        int which = video.index();
        // A click comes within the minute after which the demo's configuration takes it for a negative.
        long clickMillis = impression.eventTimeMillis()
                + 500
                + (long) Math.min(50_000, 5_000 * draws.exponential(For.CLICK_DELAY, number, which));
        send(feedback(impression, "click", clickMillis, 1));
        double share = world.watchedShare(request.viewer, video, draws.normal(For.WATCHES, number, which));
        long watchedMillis = Math.max(500, (long) (share * video.durationMillis()));
        send(feedback(impression, Feedback.WATCH, clickMillis + watchedMillis, watchedMillis));
        if (draws.happens(like, For.LIKES, number, which)) {
            long delay = (long) (watchedMillis * draws.uniform(For.LIKE_DELAY, number, which));
            send(feedback(impression, "like", clickMillis + delay, 1));
        }
        if (draws.happens(follow, For.FOLLOWS, number, which)) {
            long delay = (long) (watchedMillis * draws.uniform(For.FOLLOW_DELAY, number, which));
            send(feedback(impression, "follow", clickMillis + delay, 1));
        }
    }

    private static Feedback feedback(Impression impression, String kind, long atMillis, double value) {
        return new Feedback(
                impression.impressionId() + "-" + kind,
                impression.impressionId(),
                impression.userId(),
                impression.videoId(),
                atMillis,
                kind,
                value);
    }

    private void send(Event event) {
        long number = eventsMade++;
        long delay = delayMillis(For.ARRIVAL_DELAY, number);
        underway.add(new Arrival(event.eventTimeMillis() + delay, 2 * number, event));
        if (draws.happens(settings.repeated(), For.REPEATED, number, 0)) {
            long later = Math.min(settings.maxDelayMillis(), delay + delayMillis(For.REPEAT_DELAY, number));
            underway.add(new Arrival(event.eventTimeMillis() + later, 2 * number + 1, event));
        }
    }

    private long delayMillis(For what, long number) {
        return (long) Math.min(settings.maxDelayMillis(), MEAN_DELAY_MILLIS * draws.exponential(what, number, 0));
    }
}
