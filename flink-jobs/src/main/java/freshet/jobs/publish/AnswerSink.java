package freshet.jobs.publish;

import freshet.jobs.config.FreshetConfig;
import freshet.jobs.train.TrainRecord;
import freshet.jobs.train.TrainRecord.Answered;
import freshet.serde.control.ControlCodec;
import java.nio.charset.StandardCharsets;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Writes a trainer's answers to the control topic, behind the commands: at least once, so one may stand there twice. */
public final class AnswerSink {
    private AnswerSink() {}

    /** The sink of a configuration. */
    public static KafkaSink<TrainRecord> of(FreshetConfig config) {
        String topic = config.topics().trainerControl();
        KafkaRecordSerializationSchema<TrainRecord> schema = (record, context, timestamp) -> {
            Answered answered = (Answered) record;
            return new ProducerRecord<>(
                    topic,
                    FirstPartition.NUMBER,
                    ControlCodec.answerKey(answered.answer().id()).getBytes(StandardCharsets.UTF_8),
                    ControlCodec.line(answered.answer()).getBytes(StandardCharsets.UTF_8));
        };
        return KafkaSink.<TrainRecord>builder()
                .setBootstrapServers(config.kafka().bootstrapServers())
                .setKafkaProducerConfig(config.kafka().forProducers())
                .setRecordSerializer(schema)
                .setDeliveryGuarantee(DeliveryGuarantee.AT_LEAST_ONCE)
                .build();
    }
}
