package freshet.jobs.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Schema and page say what the readers read: no key too few, none too many, and the files are of this build. */
class ConfigGrammarTest {
    private static final ObjectMapper YAML = YAMLMapper.builder().build();
    private static final ConfigGrammar GRAMMAR = ConfigGrammar.ofReaders();
    private static final JsonSchema SCHEMA =
            JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(GRAMMAR.schema());

    /** A key that a reader asks its node for by a word in the source. */
    private static final Pattern KEY = Pattern.compile(
            "(?:\\w+|\\))\\.(?:strings?|stringLists|integers?|longInteger|number|flag|duration|oneOf|child|children|has)"
                    + "\\(\\s*\"([a-z_]+)\"\\s*[,)]");

    private static Set<String> problems(JsonNode configuration) {
        return SCHEMA.validate(configuration).stream()
                .map(ValidationMessage::getMessage)
                .collect(Collectors.toSet());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "src/main/resources/freshet/reference.yaml",
                "src/main/resources/freshet/kuairand.yaml",
                "src/main/resources/freshet/demo.yaml",
                "src/main/resources/freshet/bench-join.yaml",
                "src/main/resources/freshet/grammar.yaml",
                "../deploy/compose/freshet.yaml",
                "../deploy/kubernetes/base/freshet.yaml"
            })
    void whatShipsIsOfTheSchema(String file) throws IOException {
        assertThat(problems(YAML.readTree(Path.of(file).toFile()))).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "/model, bach, 1",
        "/model, batch, many",
        "/model, batch, 0",
        "/events, max_disorder, 60",
        "/events, max_disorder, 1 minute",
        "/events/feedback, format, xml",
        "/guard, enabled, maybe",
    })
    void whatTheReadersRefuseTheSchemaRefuses(String node, String key, String value) throws IOException {
        JsonNode file = YAML.readTree(
                Path.of("src/main/resources/freshet/reference.yaml").toFile());
        ((ObjectNode) file.at(node)).set(key, YAML.readTree(value));

        assertThat(problems(file)).isNotEmpty();
    }

    @Test
    void withoutANameItIsNone() throws IOException {
        ObjectNode file = (ObjectNode) YAML.readTree(
                Path.of("src/main/resources/freshet/kuairand.yaml").toFile());
        file.remove("name");

        assertThat(problems(file)).singleElement().asString().contains("name");
    }

    @Test
    void everyKeyThatAReaderNamesIsInTheGrammar() throws IOException {
        Set<String> known = new TreeSet<>();
        for (String path : GRAMMAR.paths()) {
            known.add(path.substring(path.lastIndexOf('.') + 1).replace("[]", ""));
        }
        Set<String> unknown = new TreeSet<>();
        for (Path reader : readers()) {
            Matcher key = KEY.matcher(Files.readString(reader));
            while (key.find()) {
                if (!known.contains(key.group(1))) {
                    unknown.add(reader.getFileName() + ": " + key.group(1));
                }
            }
        }

        assertThat(unknown)
                .as("keys that no configuration that ships makes a reader ask for; use them in freshet/grammar.yaml")
                .isEmpty();
    }

    /** Sources that read the configuration of a deployment. */
    private static List<Path> readers() throws IOException {
        Set<String> others = Set.of("ConfigNode.java", "ModelFile.java", "RequestReader.java", "EventMapping.java");
        try (Stream<Path> files = Stream.of("serde", "feature-store", "model", "flink-jobs")
                .flatMap(module -> walk(Path.of("..", module, "src/main/java")))) {
            return files.filter(file -> file.toString().endsWith(".java"))
                    .filter(file -> !others.contains(file.getFileName().toString()))
                    .filter(file -> !file.toString().contains("/bench/"))
                    .filter(file -> read(file).contains("import freshet.serde.config.ConfigNode;"))
                    .toList();
        }
    }

    private static Stream<Path> walk(Path folder) {
        try {
            return Files.walk(folder);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void aDefaultThatDependsOnAWordBesideItStandsWithThatWord() {
        assertThat(GRAMMAR.page().lines().filter(line -> line.startsWith("| `model.optimizer.sparse.learning_rate`")))
                .singleElement()
                .asString()
                .contains("| `0.05`; `0.001` where `kind` is `adam` |");
    }

    @Test
    void filesAreOfThisBuild() throws IOException {
        assertThat(Files.readString(Path.of("../deploy/freshet.schema.json")))
                .as("make it anew: ./freshet schema > deploy/freshet.schema.json")
                .isEqualTo(GRAMMAR.schema());
        assertThat(Files.readString(Path.of("CONFIGURATION.md")))
                .as("make it anew: ./freshet schema --page > flink-jobs/CONFIGURATION.md")
                .isEqualTo(GRAMMAR.page());
    }
}
