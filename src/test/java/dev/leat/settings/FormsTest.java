package dev.leat.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The written forms of durations and sizes. */
class FormsTest {

    @ParameterizedTest
    @ValueSource(strings = {"20ms", "15s", "5m", "12h", "7d", "90s"})
    void aDurationReadsBackAsItIsPrinted(String text) {
        assertThat(Durations.format(Durations.parse(text))).isEqualTo(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "5", "-5s", "5 weeks", "1.5s", "9999999999999999d"})
    void whatIsNoDurationIsRefused(String text) {
        assertThatThrownBy(() -> Durations.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("is not a duration");
    }

    @Test
    void aSizeIsInBytesUnlessAUnitIsGiven() {
        assertThat(Sizes.parse("2048")).isEqualTo(2048);
        assertThat(Sizes.parse("2KiB")).isEqualTo(2048);
        assertThat(Sizes.parse("1MiB")).isEqualTo(1_048_576);
        assertThatThrownBy(() -> Sizes.parse("1MB")).hasMessageContaining("is not a size");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "1023", "1KiB", "250000", "100KiB", "10MiB"})
    void aSizeReadsBackAsItIsPrinted(String text) {
        assertThat(Sizes.format(Sizes.parse(text))).isEqualTo(text);
    }
}
