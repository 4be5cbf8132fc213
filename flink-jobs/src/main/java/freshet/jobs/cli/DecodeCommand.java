package freshet.jobs.cli;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.local.CannotStartException;
import freshet.jobs.source.EventDecoder;
import freshet.jobs.source.EventStream;
import freshet.jobs.source.SourceRecord;
import freshet.jobs.source.TopicTail;
import freshet.serde.wire.ConfluentWire;
import freshet.serde.wire.EventJson;
import freshet.serde.wire.RegistryUnavailableException;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code freshet decode}: what would the jobs make of these records? */
@Command(
        name = "decode",
        description = {
            "Prints what the examples job makes of records, by format and mapping of the configuration: a line of JSON for each event;"
                    + " on standard error each record that is skipped or refused, with the reason.",
            "Reads the newest records of the stream's topic, or with --records a file with one record a line, for the format json. It"
                    + " commits nothing."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:no record was refused", "1:some were", "2:called wrongly, or the configuration has mistakes"
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class DecodeCommand implements Callable<Integer> {
    private static final int MOST_LAST = 100_000;

    @Mixin
    @SuppressWarnings("NullAway.Init") // set by picocli
    private DeploymentOption deployment;

    @Option(
            names = "--stream",
            required = true,
            paramLabel = "STREAM",
            description = "${COMPLETION-CANDIDATES}, in lower case.")
    @SuppressWarnings("NullAway.Init") // required: picocli sets it
    private EventStream stream;

    @Option(names = "--records", paramLabel = "FILE", description = "A file instead of the topic.")
    private @Nullable Path records;

    @Option(
            names = "--last",
            paramLabel = "N",
            defaultValue = "10",
            description = "How many of each partition of the topic (default: ${DEFAULT-VALUE}).")
    private int last;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    private int events;
    private int skipped;
    private int refused;

    @Override
    public Integer call() throws IOException {
        if (last < 1 || last > MOST_LAST) {
            throw new ParameterException(spec.commandLine(), "--last: found " + last + ", expected 1 to " + MOST_LAST);
        }
        FreshetConfig config = deployment.load();
        EventDecoder decoder = EventDecoder.ofTopic(stream, config);
        try {
            if (records != null) {
                ofFile(decoder, records);
            } else {
                ofTopic(decoder, config);
            }
        } catch (RegistryUnavailableException e) {
            throw new CannotStartException("asking the schema registry for a schema: " + e.getMessage(), e);
        }
        spec.commandLine().getErr().println(events + " events, " + skipped + " skipped, " + refused + " refused");
        return refused == 0 ? 0 : Main.FAILED;
    }

    private void ofFile(EventDecoder decoder, Path file) throws IOException {
        try (BufferedReader lines = Files.newBufferedReader(file)) {
            long number = 0;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
                tell("line " + (number + 1), decoder.decode(file.toString(), 0, number++, bytes));
            }
        }
    }

    private void ofTopic(EventDecoder decoder, FreshetConfig config) {
        List<ConsumerRecord<byte[], byte[]>> newest;
        try {
            newest = TopicTail.of(config.kafka(), stream.topic(config), last);
        } catch (IllegalStateException | KafkaException e) {
            throw new CannotStartException("reading the newest " + stream.label() + ": " + e.getMessage(), e);
        }
        for (ConsumerRecord<byte[], byte[]> record : newest) {
            @Nullable Header header = record.headers().lastHeader(ConfluentWire.SCHEMA_HEADER);
            tell(
                    record.topic() + "-" + record.partition() + ":" + record.offset(),
                    decoder.decode(
                            record.topic(),
                            record.partition(),
                            record.offset(),
                            header == null ? null : header.value(),
                            record.value()));
        }
    }

    private void tell(String where, SourceRecord record) {
        if (record instanceof SourceRecord.Good good) {
            events++;
            spec.commandLine().getOut().println(EventJson.toJson(good.event()));
        } else if (record instanceof SourceRecord.Skipped skip) {
            skipped++;
            spec.commandLine().getErr().println(where + ": skipped, since " + skip.condition());
        } else if (record instanceof SourceRecord.Refused bad) {
            refused++;
            spec.commandLine()
                    .getErr()
                    .println(where + ": refused, " + bad.letter().reason().label() + ": "
                            + bad.letter().detail());
        }
    }
}
