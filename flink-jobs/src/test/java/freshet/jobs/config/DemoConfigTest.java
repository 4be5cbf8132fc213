package freshet.jobs.config;

import static org.assertj.core.api.Assertions.assertThatCode;

import org.junit.jupiter.api.Test;

class DemoConfigTest {
    @Test
    void shippedDemoIsWithoutMistakes() {
        assertThatCode(() -> FreshetConfig.shipped("demo")).doesNotThrowAnyException();
    }
}
