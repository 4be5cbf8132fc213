package freshet.jobs.doctor;

import freshet.jobs.config.KafkaConfig;

/** Judges what the configuration says of producers. */
final class ProducerJudge {
    private static final String REQUEST_BYTES = "max.request.size";
    private static final int KAFKAS_DEFAULT = 1 << 20;

    private ProducerJudge() {}

    static Finding judge(KafkaConfig kafka) {
        String found = kafka.properties().getOrDefault(REQUEST_BYTES, Integer.toString(KAFKAS_DEFAULT));
        String subject = "producers";
        boolean isEnough = found.matches("\\d{1,10}") && Long.parseLong(found) >= TopicNeeds.CHUNK_RECORD_BYTES;
        return isEnough
                ? Finding.ok(subject, REQUEST_BYTES + " " + found)
                : Finding.fail(
                        subject,
                        "kafka." + REQUEST_BYTES + " " + found,
                        TopicNeeds.CHUNK_RECORD_BYTES + " or more, since models come in chunks of nearly that",
                        "raise it in the configuration, or leave it out");
    }
}
