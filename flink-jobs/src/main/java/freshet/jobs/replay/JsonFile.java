package freshet.jobs.replay;

import com.fasterxml.jackson.core.StreamWriteFeature;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.DecimalNode;
import freshet.serde.wire.Decimals;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** JSON files for people and for {@code cmp}: indented, keys in the order of the tree, the same text on every JDK. */
final class JsonFile {
    private static final int DECIMALS = 9;

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .enable(StreamWriteFeature.WRITE_BIGDECIMAL_AS_PLAIN)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();
    private static final DefaultIndenter INDENTER = new DefaultIndenter("  ", "\n");

    private JsonFile() {}

    /** A finite number as these files hold it: rounded by our own rule. */
    static DecimalNode number(double value) {
        return DecimalNode.valueOf(new BigDecimal(Decimals.text(value, DECIMALS)));
    }

    static void write(Path file, JsonNode tree) throws IOException {
        DefaultPrettyPrinter printer =
                new DefaultPrettyPrinter().withArrayIndenter(INDENTER).withObjectIndenter(INDENTER);
        Files.writeString(file, MAPPER.writer(printer).writeValueAsString(tree) + "\n", StandardCharsets.UTF_8);
    }

    /** The same tree on one line. */
    static String line(JsonNode tree) throws IOException {
        return MAPPER.writeValueAsString(tree);
    }

    /** The tree of one line. */
    static JsonNode parse(String line) throws IOException {
        return MAPPER.readTree(line);
    }

    /** The tree in a file; writing it again gives the same text. */
    static JsonNode read(Path file) throws IOException {
        return MAPPER.readTree(Files.readAllBytes(file));
    }
}
