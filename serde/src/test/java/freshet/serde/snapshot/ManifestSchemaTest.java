package freshet.serde.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import freshet.serde.wire.Schemas;
import org.apache.avro.Schema;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The Avro schema of the manifest describes the line of JSON that is written. */
class ManifestSchemaTest {

    @ParameterizedTest(name = "hour {0}")
    @ValueSource(ints = {0, 1})
    void everyKeyIsAFieldAndEveryFieldAKey(int hour) throws Exception {
        ManifestSigner signer = hour == 0
                ? ManifestSigner.unsigned()
                : ManifestSigner.of("k1", KeyFiles.newPair().getPrivate());
        String line = SnapshotFixtures.snapshot(hour, 1).manifest().toJson(signer);
        assertMatches("the manifest", new ObjectMapper().readTree(line), Schemas.SNAPSHOT_MANIFEST);
    }

    private static void assertMatches(String place, JsonNode json, Schema schema) {
        switch (schema.getType()) {
            case RECORD -> {
                json.fieldNames()
                        .forEachRemaining(key -> assertThat(schema.getField(key))
                                .as(place + "." + key)
                                .isNotNull());
                for (Schema.Field field : schema.getFields()) {
                    String inside = place + "." + field.name();
                    if (json.has(field.name())) {
                        assertMatches(inside, json.get(field.name()), field.schema());
                    } else {
                        assertThat(field.schema().isNullable()).as(inside).isTrue();
                    }
                }
            }
            case UNION -> assertMatches(place, json, schema.getTypes().get(1));
            case ARRAY -> json.forEach(item -> assertMatches(place + "[]", item, schema.getElementType()));
            case MAP -> json.forEach(value -> assertMatches(place + "{}", value, schema.getValueType()));
            case STRING -> assertThat(json.isTextual()).as(place).isTrue();
            case DOUBLE -> assertThat(json.isNumber()).as(place).isTrue();
            case INT -> assertThat(json.canConvertToInt()).as(place).isTrue();
            case LONG -> assertThat(json.canConvertToLong()).as(place).isTrue();
            default -> throw new AssertionError(place + ": a type this test does not know: " + schema);
        }
    }
}
