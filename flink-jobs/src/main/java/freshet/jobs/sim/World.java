package freshet.jobs.sim;

import freshet.jobs.sim.Draws.For;
import java.util.List;
import java.util.Locale;

/**
 * The truth: who the viewers are, what the videos are, and how likely anybody is to click. Immutable.
 *
 * <p>The logit of a click is a sum: how active the viewer is, how good the channel and the video are, how much the viewer
 * likes the topic, whether the language fits, how hot the topic is at that hour, how often the viewer has seen the video,
 * and the position on the page, which counts for more on a phone than on a television. That last part is the position bias:
 * it says nothing about the video, and a model has to tell it from the rest.
 */
final class World {
    /** Kinds of device and how steeply attention falls from position to position on each. */
    enum Device {
        PHONE(0.55),
        TABLET(0.40),
        DESKTOP(0.30),
        TV(0.15);

        private final double steepness;

        Device(double steepness) {
            this.steepness = steepness;
        }

        String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    record Viewer(int index, double[] tastes, double activity, String language, Device device) {
        String id() {
            return "u" + index;
        }
    }

    record Video(
            int index,
            int channel,
            int topic,
            double quality,
            String language,
            long durationMillis,
            long publishedAtMillis) {
        String id() {
            return "v" + index;
        }

        String channelId() {
            return "c" + channel;
        }

        String topicId() {
            return "t" + topic;
        }
    }

    private static final int TOPICS = 12;
    private static final int VIDEOS_PER_CHANNEL = 8;
    private static final List<String> LANGUAGES = List.of("en", "en", "en", "de", "hi");
    private static final double TREND_HOURS = 12;
    private static final double MILLIS_PER_HOUR = 3_600_000;
    private static final long MILLIS_PER_DAY = 86_400_000;

    private final Viewer[] viewers;
    private final Video[] videos;
    private final double[] trendPhases = new double[TOPICS];

    World(SimulationSettings settings) {
        Draws draws = new Draws(settings.seed());
        viewers = new Viewer[settings.users()];
        for (int i = 0; i < viewers.length; i++) {
            viewers[i] = viewer(draws, i);
        }
        videos = new Video[settings.videos()];
        int channels = Math.max(1, settings.videos() / VIDEOS_PER_CHANNEL);
        for (int i = 0; i < videos.length; i++) {
            videos[i] = video(draws, i, channels, settings.startMillis());
        }
        for (int topic = 0; topic < TOPICS; topic++) {
            trendPhases[topic] = draws.uniform(For.TREND_PHASE, topic, 0);
        }
    }

    private static Viewer viewer(Draws draws, int index) {
        double[] tastes = new double[TOPICS];
        for (int topic = 0; topic < TOPICS; topic++) {
            tastes[topic] = draws.normal(For.TASTE, index, topic);
        }
        return new Viewer(
                index,
                tastes,
                0.5 * draws.normal(For.ACTIVITY, index, 0),
                LANGUAGES.get(draws.index(LANGUAGES.size(), For.VIEWER_LANGUAGE, index, 0)),
                device(draws.uniform(For.VIEWER_DEVICE, index, 0)));
    }

    /** Devices by how common they are. */
    static Device device(double uniform) {
        return uniform < 0.55
                ? Device.PHONE
                : uniform < 0.7 ? Device.TABLET : uniform < 0.88 ? Device.DESKTOP : Device.TV;
    }

    private static Video video(Draws draws, int index, int channels, long startMillis) {
        int channel = draws.index(channels, For.VIDEO_CHANNEL, index, 0);
        int channelTopic = draws.index(TOPICS, For.CHANNEL_TOPIC, channel, 0);
        boolean onTopic = draws.happens(0.8, For.VIDEO_TOPIC, index, 0);
        int topic = onTopic ? channelTopic : draws.index(TOPICS, For.VIDEO_TOPIC, index, 1);
        double quality =
                0.5 * draws.normal(For.CHANNEL_QUALITY, channel, 0) + 0.5 * draws.normal(For.VIDEO_QUALITY, index, 0);
        double minutes = StrictMath.exp(0.8 * draws.normal(For.VIDEO_DURATION, index, 0));
        return new Video(
                index,
                channel,
                topic,
                quality,
                LANGUAGES.get(draws.index(LANGUAGES.size(), For.CHANNEL_LANGUAGE, channel, 0)),
                (long) (60_000 * Math.min(20, Math.max(0.1, minutes))),
                startMillis - (long) (30 * MILLIS_PER_DAY * draws.uniform(For.VIDEO_AGE, index, 0)));
    }

    Viewer viewer(int index) {
        return viewers[index];
    }

    Video video(int index) {
        return videos[index];
    }

    /**
     * What the position adds to the logit of a click: 0 at the top, less the further down.
     *
     * @param position from 0
     */
    static double positionEffect(Device device, int position) {
        return -device.steepness * StrictMath.log1p(position);
    }

    /** How much a viewer is drawn to a video, in units of logit, whatever the position. */
    private double appeal(Viewer viewer, Video video) {
        double language = viewer.language().equals(video.language()) ? 0 : -1.2;
        return 0.9 * viewer.tastes()[video.topic()] + video.quality() + language;
    }

    private double trend(int topic, long atMillis) {
        double turns = atMillis / MILLIS_PER_HOUR / TREND_HOURS + trendPhases[topic];
        return 0.5 * StrictMath.sin(2 * StrictMath.PI * (turns - Math.floor(turns)));
    }

    /**
     * The probability that a viewer clicks.
     *
     * @param seen how often the viewer was shown the video before
     */
    double clickProbability(Viewer viewer, Device device, Video video, int position, int seen, long atMillis) {
        return sigmoid(-1.1
                + viewer.activity()
                + appeal(viewer, video)
                + trend(video.topic(), atMillis)
                - 0.3 * StrictMath.log1p(seen)
                + positionEffect(device, position));
    }

    /** The probability that a viewer who clicked likes the video. */
    double likeProbability(Viewer viewer, Video video) {
        return sigmoid(-2 + appeal(viewer, video));
    }

    /** The probability that a viewer who clicked follows the channel. */
    double followProbability(Viewer viewer, Video video) {
        return sigmoid(-3.5 + 0.7 * appeal(viewer, video));
    }

    /**
     * How much of the video a viewer who clicked watches.
     *
     * @param noise standard normal
     * @return from 0 to 1.1: some watch the beginning again
     */
    double watchedShare(Viewer viewer, Video video, double noise) {
        return 1.1 * sigmoid(0.2 + 0.7 * appeal(viewer, video) + 1.2 * noise);
    }

    static double sigmoid(double logit) {
        return 1 / (1 + StrictMath.exp(-logit));
    }
}
