package freshet.jobs.rank;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import freshet.features.extract.FeatureExtractor;
import freshet.features.online.FeatureStates;
import freshet.features.online.OnlineFeatures;
import freshet.features.spec.FeatureSpec;
import freshet.model.serve.Ranker;
import freshet.serde.config.ConfigException;
import freshet.serde.config.ConfigNode;
import freshet.serde.event.DeadLetter;
import freshet.serde.event.Impression;
import freshet.serde.example.FeatureSchema;
import freshet.serde.example.FeatureValues;
import freshet.serde.snapshot.BadSnapshotException;
import freshet.serde.wire.Decoded;
import freshet.serde.wire.EventJson;
import java.util.ArrayList;
import java.util.List;

/**
 * Lines to features, as a snapshot's own specification says. A line is an impression as in {@code impressions.jsonl}; or an
 * example as in {@code examples.jsonl}, whose features are taken as they stand. Safe on any thread.
 */
public final class RequestReader {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String[] NO_IDS = {};

    private final OnlineFeatures online;
    private final FeatureSchema schema;

    /** A line that is understood: either an impression, or features as they stand. */
    private sealed interface Line {
        record OfImpression(Impression impression) implements Line {}

        record OfExample(RankRequest request) implements Line {}
    }

    /**
     * @param ranker of the snapshot
     * @param states what is remembered of viewers
     * @throws BadSnapshotException when its features cannot be computed here
     */
    public RequestReader(Ranker ranker, FeatureStates states) throws BadSnapshotException {
        String version = "snapshot " + ranker.manifest().version();
        ConfigNode features;
        try {
            features = ConfigNode.root("of the snapshot", JSON.readTree(ranker.featuresJson()));
            online = new OnlineFeatures(new FeatureExtractor(FeatureSpec.read(features)), states);
            features.check();
        } catch (JsonProcessingException | ConfigException e) {
            throw new BadSnapshotException(version + ": its features cannot be computed here: " + e.getMessage(), e);
        }
        schema = ranker.spec().schema();
        if (!online.schema().equals(schema)) {
            throw new BadSnapshotException(
                    version + ": its specification of features and its schema name different features");
        }
    }

    FeatureSchema schema() {
        return schema;
    }

    /** Reads every line; what is remembered of each viewer, video and channel is read once. */
    public List<Decoded<RankRequest>> read(List<String> lines) {
        List<Decoded<Line>> read = lines.stream().map(this::line).toList();
        List<Impression> impressions = new ArrayList<>();
        for (Decoded<Line> line : read) {
            if (line instanceof Decoded.Value<Line> good && good.value() instanceof Line.OfImpression of) {
                impressions.add(of.impression());
            }
        }
        List<FeatureValues> features = online.of(impressions);
        List<Decoded<RankRequest>> requests = new ArrayList<>();
        int next = 0;
        for (Decoded<Line> line : read) {
            if (line instanceof Decoded.Bad<Line> bad) {
                requests.add(Decoded.bad(bad.reason(), bad.detail()));
            } else if (((Decoded.Value<Line>) line).value() instanceof Line.OfExample of) {
                requests.add(Decoded.value(of.request()));
            } else {
                requests.add(Decoded.value(new RankRequest(impressions.get(next).impressionId(), features.get(next))));
                next++;
            }
        }
        return requests;
    }

    private Decoded<Line> line(String line) {
        JsonNode json;
        try {
            json = JSON.readTree(line);
        } catch (JsonProcessingException e) {
            return Decoded.bad(
                    DeadLetter.Reason.UNDECODABLE,
                    "found no JSON, expected an impression or an example: " + e.getOriginalMessage());
        }
        if (json.has("labels")) {
            return Decoded.value(new Line.OfExample(
                    new RankRequest(json.path("impression_id").asText(), asTheyStand(json))));
        }
        Decoded<Impression> impression = EventJson.impression(line);
        if (impression instanceof Decoded.Bad<Impression> bad) {
            return Decoded.bad(bad.reason(), bad.detail());
        }
        return Decoded.value(new Line.OfImpression(((Decoded.Value<Impression>) impression).value()));
    }

    private FeatureValues asTheyStand(JsonNode example) {
        String[][] ids = new String[schema.idNames().size()][];
        for (int slot = 0; slot < ids.length; slot++) {
            List<String> values = new ArrayList<>();
            example.path("ids").path(schema.idNames().get(slot)).forEach(id -> values.add(id.asText()));
            ids[slot] = values.toArray(NO_IDS);
        }
        float[] numbers = new float[schema.numberNames().size()];
        for (int slot = 0; slot < numbers.length; slot++) {
            numbers[slot] =
                    example.path("numbers").path(schema.numberNames().get(slot)).floatValue();
        }
        return new FeatureValues(ids, numbers);
    }
}
