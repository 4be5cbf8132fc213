package freshet.jobs.train;

import freshet.jobs.config.FreshetConfig;

/** A configuration small enough for tests, for the examples of {@link ExampleStreams}. */
final class TinyModel {
    private TinyModel() {}

    static FreshetConfig config() {
        FreshetConfig config = FreshetConfig.parse("tiny", """
                name: tiny
                tasks:
                  - {name: click, label: {kind: click}, horizon: 10m, loss: logistic}
                  - {name: like, label: {kind: like}, horizon: 10m, loss: logistic}
                features:
                  ids:
                    - {name: user, field: user_id}
                    - {name: video, field: video_id}
                  numbers:
                    - {name: age, kind: video_age, transform: log1p}
                model:
                  seed: 7
                  embeddings:
                    - {feature: user, dim: 4}
                    - {feature: video, dim: 4}
                  wide: true
                  rates: {smoothing: 5, keys: [[user], [video]]}
                  bottom: [8]
                  experts: {count: 2, layers: [8]}
                  gate_dropout: 0.1
                  tower: [4]
                  batch: 16
                  tick: 5m
                  optimizer:
                    sparse: {kind: adagrad, learning_rate: 0.1}
                    dense: {kind: adam, learning_rate: 0.01}
                """);
        if (!config.model().schema().equals(ExampleStreams.SCHEMA)) {
            throw new AssertionError("the tiny model reads " + config.model().schema());
        }
        return config;
    }
}
