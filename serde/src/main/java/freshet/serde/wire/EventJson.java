package freshet.serde.wire;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import freshet.serde.event.DeadLetter.Reason;
import freshet.serde.event.Event;
import freshet.serde.event.EventProblem;
import freshet.serde.event.EventValidator;
import freshet.serde.event.Feedback;
import freshet.serde.event.HistorySeed;
import freshet.serde.event.Impression;
import freshet.serde.event.Video;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Events as JSON, one object per line: field names as in the Avro schemas, absent fields left out, times in milliseconds.
 * Reading takes ids as text or as whole numbers, ignores keys it does not know, and never throws. Stateless, safe on any
 * thread.
 */
public final class EventJson {
    private static final JsonFactory JSON = new JsonFactory();

    private EventJson() {}

    /** One line of JSON, without the end of line; always the same for the same event. */
    public static String toJson(Event event) {
        JsonText json = new JsonText().open('{');
        if (event instanceof Impression impression) {
            write(impression, json);
        } else if (event instanceof Feedback feedback) {
            write(feedback, json);
        } else {
            write((HistorySeed) event, json);
        }
        return json.close('}').toString();
    }

    /** The impression in a line, or why there is none. */
    public static Decoded<Impression> impression(@Nullable String line) {
        return decode(line, EventJson::readImpression);
    }

    /** The feedback in a line, or why there is none. */
    public static Decoded<Feedback> feedback(@Nullable String line) {
        return decode(line, EventJson::readFeedback);
    }

    /** The history seed in a line, or why there is none. */
    public static Decoded<HistorySeed> history(@Nullable String line) {
        return decode(line, EventJson::readHistory);
    }

    /** One line of JSON about a video: the keys of an impression that concern it, absent ones left out. */
    public static String toJson(Video video) {
        JsonText json = new JsonText()
                .open('{')
                .field("video_id", video.videoId())
                .optional("channel_id", video.channelId())
                .optional("video_language", video.language());
        writeVideo(video.durationMillis(), video.publishedAtMillis(), json);
        return json.lists("ids", video.ids())
                .numbers("numbers", video.numbers())
                .close('}')
                .toString();
    }

    /** The video in a line, or why there is none. */
    public static Decoded<Video> video(@Nullable String line) {
        return decode(
                line,
                EventJson::readVideo,
                video -> EventValidator.problemOf(video.shownTo("any", "any", EventValidator.MIN_TIME_MILLIS)));
    }

    private static void write(Impression event, JsonText json) {
        json.field("impression_id", event.impressionId())
                .optional("request_id", event.requestId())
                .field("user_id", event.userId())
                .field("event_time", event.eventTimeMillis())
                .field("video_id", event.videoId())
                .optional("channel_id", event.channelId());
        if (event.position() != Impression.NO_POSITION) {
            json.field("position", event.position());
        }
        json.optional("device", event.device())
                .optional("surface", event.surface())
                .optional("query_video_id", event.queryVideoId())
                .optional("user_language", event.userLanguage())
                .optional("video_language", event.videoLanguage());
        writeVideo(event.videoDurationMillis(), event.videoPublishedAtMillis(), json);
        json.lists("ids", event.ids())
                .numbers("numbers", event.numbers())
                .optional("model_version", event.modelVersion())
                .numbers("scores", event.scores());
    }

    private static void writeVideo(long durationMillis, long publishedAtMillis, JsonText json) {
        if (durationMillis != 0) {
            json.field("video_duration_ms", durationMillis);
        }
        if (publishedAtMillis != 0) {
            json.field("video_published_at", publishedAtMillis);
        }
    }

    private static void write(Feedback event, JsonText json) {
        json.field("feedback_id", event.feedbackId())
                .optional("impression_id", event.impressionId())
                .field("user_id", event.userId())
                .field("video_id", event.videoId())
                .field("event_time", event.eventTimeMillis())
                .field("kind", event.kind())
                .field("value", event.value());
    }

    private static void write(HistorySeed event, JsonText json) {
        json.field("user_id", event.userId())
                .field("event_time", event.eventTimeMillis())
                .field("impressions", event.impressions())
                .lists("recent_videos", event.recentVideos());
    }

    private interface Reader<T> {
        T read(JsonParser parser) throws IOException;
    }

    private static <T extends Event> Decoded<T> decode(@Nullable String line, Reader<T> reader) {
        return decode(line, reader, EventValidator::problemOf);
    }

    private static <T> Decoded<T> decode(
            @Nullable String line, Reader<T> reader, Function<T, Optional<EventProblem>> check) {
        if (line == null || line.isBlank()) {
            return Decoded.bad(Reason.EMPTY, "the line: found nothing, expected a JSON object");
        }
        if (line.length() > EventValidator.MAX_RECORD_BYTES) {
            return Decoded.bad(
                    Reason.TOO_LONG,
                    "the line: found " + line.length() + " characters, expected at most "
                            + EventValidator.MAX_RECORD_BYTES);
        }
        try (JsonParser parser = JSON.createParser(line)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return Decoded.bad(Reason.UNDECODABLE, "the line: found no '{', expected a JSON object");
            }
            T value = reader.read(parser);
            if (parser.nextToken() != null) {
                return Decoded.bad(Reason.UNDECODABLE, "the line: found more after the JSON object, expected its end");
            }
            Optional<EventProblem> problem = check.apply(value);
            return problem.isEmpty()
                    ? Decoded.value(value)
                    : Decoded.bad(problem.get().reason(), problem.get().detail());
        } catch (BadRecordException e) {
            return e.decoded();
        } catch (IOException e) {
            // Jackson's own message quotes the text; its place is enough, and names no viewer.
            return Decoded.bad(Reason.UNDECODABLE, "the line: found text that is not JSON, expected a JSON object");
        }
    }

    private static Impression readImpression(JsonParser parser) throws IOException {
        String impressionId = "";
        String requestId = null;
        String userId = "";
        long eventTime = 0;
        String videoId = "";
        String channelId = null;
        int position = Impression.NO_POSITION;
        String device = null;
        String surface = null;
        String queryVideoId = null;
        String userLanguage = null;
        String videoLanguage = null;
        long videoDuration = 0;
        long videoPublishedAt = 0;
        SortedMap<String, List<String>> ids = new TreeMap<>();
        SortedMap<String, Float> numbers = new TreeMap<>();
        String modelVersion = null;
        SortedMap<String, Float> scores = new TreeMap<>();
        for (String field = nextField(parser); field != null; field = nextField(parser)) {
            switch (field) {
                case "impression_id" -> impressionId = id(field, parser);
                case "request_id" -> requestId = text(field, parser);
                case "user_id" -> userId = id(field, parser);
                case "event_time" -> eventTime = millis(field, parser);
                case "video_id" -> videoId = id(field, parser);
                case "channel_id" -> channelId = text(field, parser);
                case "position" -> position = position(field, parser);
                case "device" -> device = text(field, parser);
                case "surface" -> surface = text(field, parser);
                case "query_video_id" -> queryVideoId = text(field, parser);
                case "user_language" -> userLanguage = text(field, parser);
                case "video_language" -> videoLanguage = text(field, parser);
                case "video_duration_ms" -> videoDuration = whole(field, parser, Reason.BAD_NUMBER);
                case "video_published_at" -> videoPublishedAt = millis(field, parser);
                case "ids" -> ids = lists(field, parser);
                case "numbers" -> numbers = numbers(field, parser);
                case "model_version" -> modelVersion = text(field, parser);
                case "scores" -> scores = numbers(field, parser);
                default -> parser.skipChildren();
            }
        }
        return new Impression(
                impressionId,
                requestId,
                userId,
                eventTime,
                videoId,
                channelId,
                position,
                device,
                surface,
                queryVideoId,
                userLanguage,
                videoLanguage,
                videoDuration,
                videoPublishedAt,
                ids,
                numbers,
                modelVersion,
                scores);
    }

    private static Feedback readFeedback(JsonParser parser) throws IOException {
        String feedbackId = "";
        String impressionId = null;
        String userId = "";
        String videoId = "";
        long eventTime = 0;
        String kind = "";
        Double value = null;
        for (String field = nextField(parser); field != null; field = nextField(parser)) {
            switch (field) {
                case "feedback_id" -> feedbackId = id(field, parser);
                case "impression_id" -> impressionId = text(field, parser);
                case "user_id" -> userId = id(field, parser);
                case "video_id" -> videoId = id(field, parser);
                case "event_time" -> eventTime = millis(field, parser);
                case "kind" -> kind = id(field, parser);
                case "value" -> value = isNull(parser) ? null : Double.valueOf(number(field, parser));
                default -> parser.skipChildren();
            }
        }
        if (value == null && EventValidator.needsValue(kind)) {
            throw new BadRecordException(
                    Reason.BAD_NUMBER, "value: found none, expected one for this kind of feedback");
        }
        return new Feedback(feedbackId, impressionId, userId, videoId, eventTime, kind, value == null ? 1 : value);
    }

    private static HistorySeed readHistory(JsonParser parser) throws IOException {
        String userId = "";
        long eventTime = 0;
        long impressions = 0;
        SortedMap<String, List<String>> recentVideos = new TreeMap<>();
        for (String field = nextField(parser); field != null; field = nextField(parser)) {
            switch (field) {
                case "user_id" -> userId = id(field, parser);
                case "event_time" -> eventTime = millis(field, parser);
                case "impressions" -> impressions = whole(field, parser, Reason.BAD_NUMBER);
                case "recent_videos" -> recentVideos = lists(field, parser);
                default -> parser.skipChildren();
            }
        }
        return new HistorySeed(userId, eventTime, impressions, recentVideos);
    }

    private static Video readVideo(JsonParser parser) throws IOException {
        String videoId = "";
        String channelId = null;
        String language = null;
        long duration = 0;
        long publishedAt = 0;
        SortedMap<String, List<String>> ids = new TreeMap<>();
        SortedMap<String, Float> numbers = new TreeMap<>();
        for (String field = nextField(parser); field != null; field = nextField(parser)) {
            switch (field) {
                case "video_id" -> videoId = id(field, parser);
                case "channel_id" -> channelId = text(field, parser);
                case "video_language" -> language = text(field, parser);
                case "video_duration_ms" -> duration = whole(field, parser, Reason.BAD_NUMBER);
                case "video_published_at" -> publishedAt = millis(field, parser);
                case "ids" -> ids = lists(field, parser);
                case "numbers" -> numbers = numbers(field, parser);
                default -> parser.skipChildren();
            }
        }
        return new Video(videoId, channelId, language, duration, publishedAt, ids, numbers);
    }

    /** The next key of an object, with the parser on its value; null at the object's end. */
    private static @Nullable String nextField(JsonParser parser) throws IOException {
        String field = parser.nextFieldName();
        if (field != null) {
            parser.nextToken();
        }
        return field;
    }

    private static boolean isNull(JsonParser parser) {
        return parser.currentToken() == JsonToken.VALUE_NULL;
    }

    private static String id(String field, JsonParser parser) throws IOException {
        String text = text(field, parser);
        return text == null ? "" : text;
    }

    /** Text, or a whole number as text; null for null and for nothing. */
    private static @Nullable String text(String field, JsonParser parser) throws IOException {
        if (isNull(parser)) {
            return null;
        }
        if (parser.currentToken() != JsonToken.VALUE_STRING && parser.currentToken() != JsonToken.VALUE_NUMBER_INT) {
            throw unexpected(field, parser, "text or a whole number");
        }
        String text = parser.getText();
        if (!EventValidator.isUnicode(text)) {
            throw new BadRecordException(
                    Reason.UNDECODABLE, field + ": found half a character (an escaped surrogate), expected Unicode");
        }
        return text.isEmpty() ? null : text;
    }

    private static long millis(String field, JsonParser parser) throws IOException {
        return whole(field, parser, Reason.BAD_TIME);
    }

    /** A whole number; 0 for null. */
    private static long whole(String field, JsonParser parser, Reason ifBad) throws IOException {
        if (isNull(parser)) {
            return 0;
        }
        if (parser.currentToken() != JsonToken.VALUE_NUMBER_INT
                || parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
            throw new BadRecordException(
                    ifBad, field + ": found " + describe(parser) + ", expected a whole number of at most 64 bits");
        }
        return parser.getLongValue();
    }

    private static int position(String field, JsonParser parser) throws IOException {
        if (isNull(parser)) {
            return Impression.NO_POSITION;
        }
        long position = whole(field, parser, Reason.BAD_NUMBER);
        if (position != (int) position) {
            throw new BadRecordException(
                    Reason.BAD_NUMBER, field + ": found " + position + ", expected at most 32 bits");
        }
        return (int) position;
    }

    private static double number(String field, JsonParser parser) throws IOException {
        return Double.parseDouble(numberText(field, parser));
    }

    private static String numberText(String field, JsonParser parser) throws IOException {
        JsonToken token = parser.currentToken();
        if (token != JsonToken.VALUE_NUMBER_INT && token != JsonToken.VALUE_NUMBER_FLOAT) {
            throw new BadRecordException(
                    Reason.BAD_NUMBER, field + ": found " + describe(parser) + ", expected a number");
        }
        return parser.getText();
    }

    private static SortedMap<String, List<String>> lists(String field, JsonParser parser) throws IOException {
        SortedMap<String, List<String>> map = new TreeMap<>();
        if (!isNull(parser)) {
            expect(field, parser, JsonToken.START_OBJECT, "names and lists");
            for (String name = nextField(parser); name != null; name = nextField(parser)) {
                map.put(name, list(field, parser));
            }
        }
        return map;
    }

    private static List<String> list(String field, JsonParser parser) throws IOException {
        expect(field, parser, JsonToken.START_ARRAY, "a list of ids");
        List<String> list = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            if (isNull(parser)) {
                throw unexpected(field, parser, "ids in the list");
            }
            list.add(id(field, parser));
        }
        return List.copyOf(list);
    }

    private static SortedMap<String, Float> numbers(String field, JsonParser parser) throws IOException {
        SortedMap<String, Float> map = new TreeMap<>();
        if (!isNull(parser)) {
            expect(field, parser, JsonToken.START_OBJECT, "names and numbers");
            for (String name = nextField(parser); name != null; name = nextField(parser)) {
                // From the text at once: by way of a double the last bit may differ.
                map.put(name, Float.parseFloat(numberText(field + "." + name, parser)));
            }
        }
        return map;
    }

    private static void expect(String field, JsonParser parser, JsonToken token, String expected) {
        if (parser.currentToken() != token) {
            throw unexpected(field, parser, expected);
        }
    }

    private static BadRecordException unexpected(String field, JsonParser parser, String expected) {
        return new BadRecordException(
                Reason.UNDECODABLE, field + ": found " + describe(parser) + ", expected " + expected);
    }

    private static String describe(JsonParser parser) {
        JsonToken token = parser.currentToken();
        return token == null
                ? "the end"
                : switch (token) {
                    case START_OBJECT -> "keys and values";
                    case START_ARRAY -> "a list";
                    case VALUE_STRING -> "text";
                    case VALUE_NUMBER_INT -> "a whole number";
                    case VALUE_NUMBER_FLOAT -> "a number";
                    case VALUE_NULL -> "null";
                    default -> token.asString();
                };
    }
}
