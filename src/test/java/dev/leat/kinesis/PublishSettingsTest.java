package dev.leat.kinesis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.PollerSettings;
import java.time.Duration;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

final class PublishSettingsTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    @Test
    void theDefaultsAreValid() {
        assertThat(PublishSettings.defaults().requestsInFlight()).isEqualTo(4);
    }

    @Test
    void badValuesAreRejectedAndTheMessageSaysWhatIsRight() {
        refused(() -> settings(Duration.ZERO, SECOND), "request timeout: PT0S");
        refused(() -> settings(SECOND, SECOND.negated()), "patience: PT-1S");
        refused(() -> new PublishSettings.RequestLimits(501, 1 << 20), "501 is not between 1 and 500");
        refused(() -> new PublishSettings.RequestLimits(500, 1), "bytes in a request: 1 ");
        refused(() -> new PublishSettings.RetryDelays(Duration.ZERO, SECOND, 0.5), "the first delay PT0S");
        refused(() -> new PublishSettings.RetryDelays(SECOND, Duration.ofMillis(1), 0.5), "the first delay PT1S");
        refused(() -> new PublishSettings.RetryDelays(SECOND, Duration.ofSeconds(6), 0.5), "make it shorter");
        refused(() -> new PublishSettings.RetryDelays(SECOND, SECOND, Double.NaN), "jitter NaN");
    }

    private static PublishSettings settings(Duration timeout, Duration patience) {
        return new PublishSettings(
                PollerSettings.builder().build(),
                PublishSettings.RequestLimits.ofTheService(),
                timeout,
                PublishSettings.defaults().slice(),
                patience,
                PublishSettings.RetryDelays.defaults());
    }

    private static void refused(ThrowingCallable construction, String message) {
        assertThatThrownBy(construction)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }
}
