package freshet.jobs.publish;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.config.KafkaConfig;
import freshet.serde.control.BadControlException;
import freshet.serde.control.ControlCodec;
import freshet.serde.control.TrainerAnswer;
import freshet.serde.control.TrainerCommand;
import freshet.serde.snapshot.SnapshotRecord;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** The control topic of a deployment, for who commands its trainer. Each call has a connection of its own; safe on any thread. */
public final class ControlTopic {
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(500);

    private final KafkaConfig kafka;
    private final String topic;

    public ControlTopic(FreshetConfig config) {
        kafka = config.kafka();
        topic = config.topics().trainerControl();
    }

    /**
     * Sends a command.
     *
     * @return where it stands: its answer comes behind
     */
    public long send(TrainerCommand command) {
        byte[] value = ControlCodec.line(command).getBytes(StandardCharsets.UTF_8);
        return FirstPartition.write(
                kafka, topic, List.of(new SnapshotRecord(ControlCodec.commandKey(command.id()), value)));
    }

    /**
     * Waits for the answer to a command.
     *
     * @param offset where the command stands
     * @return empty when there was none in that time
     */
    public Optional<TrainerAnswer> await(String id, long offset, Duration atMost)
            throws BadControlException, InterruptedException {
        long endNanos = System.nanoTime() + atMost.toNanos();
        Optional<TrainerAnswer> answer = answer(id, offset);
        while (answer.isEmpty() && System.nanoTime() < endNanos) {
            Thread.sleep(BETWEEN_LOOKS.toMillis());
            answer = answer(id, offset);
        }
        return answer;
    }

    private Optional<TrainerAnswer> answer(String id, long offset) throws BadControlException {
        Answer answer = new Answer(ControlCodec.answerKey(id));
        FirstPartition.forEach(kafka, topic, offset, answer::isNot);
        return answer.line.isEmpty() ? Optional.empty() : Optional.of(ControlCodec.answer(answer.line));
    }

    private static final class Answer {
        private final String key;
        private String line = "";

        Answer(String key) {
            this.key = key;
        }

        boolean isNot(ConsumerRecord<byte[], byte[]> record) {
            if (!key.equals(new String(record.key(), StandardCharsets.UTF_8))) {
                return true;
            }
            line = new String(record.value(), StandardCharsets.UTF_8);
            return false;
        }
    }
}
