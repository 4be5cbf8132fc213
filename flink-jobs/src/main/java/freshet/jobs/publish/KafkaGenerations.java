package freshet.jobs.publish;

import freshet.jobs.config.FreshetConfig;
import freshet.serde.snapshot.Registry;
import java.util.List;

/**
 * Generations from the registry topic: a claim is written, and the number is its offset plus one. The broker orders the claims,
 * so two trainers that start at the same moment get two numbers, and the later one wins everywhere.
 *
 * @param configJson the configuration, as {@link FreshetConfig#json}
 */
record KafkaGenerations(String configJson) implements GenerationClaim {

    @Override
    public long claim(String by) {
        FreshetConfig config = FreshetConfig.fromJson(configJson);
        RegistryTopic registry =
                new RegistryTopic(config.kafka(), config.topics().modelRegistry());
        return Registry.generationOf(registry.write(List.of(Registry.claim(by))));
    }
}
