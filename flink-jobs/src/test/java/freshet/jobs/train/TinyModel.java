package freshet.jobs.train;

import freshet.jobs.config.FreshetConfig;

/** A configuration small enough for tests, for the examples of {@link ExampleStreams}. */
final class TinyModel {
    private TinyModel() {}

    /** The same with rows that come late and do not stay. */
    static FreshetConfig mortal() {
        return with("\"model\":{", """
                "model":{"tables":[{"name":"rate.*","expire_after":"3h"},{"name":"*","expire_after":"2h",
                "admit_after":2,"admit_counters":1024,"max_rows":30}],""");
    }

    /** {@link #mortal} with a bound on the rows in memory. */
    static FreshetConfig mortalWithCachedRows(int rows) {
        String json = mortal().json();
        return FreshetConfig.fromJson("{\"train\":{\"cached_rows\":" + rows + "}," + json.substring(1));
    }

    private static FreshetConfig with(String key, String more) {
        String json = config().json();
        if (!json.contains(key)) {
            throw new AssertionError("no " + key + " in " + json);
        }
        return FreshetConfig.fromJson(json.replace(key, more));
    }

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
