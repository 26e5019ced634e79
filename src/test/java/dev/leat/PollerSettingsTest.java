package dev.leat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.settings.InvalidSettings;
import dev.leat.settings.Setting;
import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PollerSettingsTest {

    static List<PollerSettings.Option<?>> options() {
        return PollerSettings.OPTIONS;
    }

    @Test
    void everyComponentIsAnOptionAndEveryOptionAComponent() {
        assertThat(PollerSettings.OPTIONS)
                .extracting(option -> option.setting().method())
                .containsExactly(Arrays.stream(PollerSettings.class.getRecordComponents())
                        .map(RecordComponent::getName)
                        .toArray(String[]::new));
    }

    @ParameterizedTest
    @MethodSource("options")
    void theBuildersMethodIsNamedAsTheOptionIs(PollerSettings.Option<?> option) throws NoSuchMethodException {
        Setting<?> setting = option.setting();
        assertThat(PollerSettings.Builder.class.getMethod(setting.method(), setting.type()))
                .isNotNull();
    }

    @ParameterizedTest
    @MethodSource("options")
    void aDefaultIsWhatTheTextSays(PollerSettings.Option<?> option) {
        PollerSettings.Builder builder = PollerSettings.builder();
        if (!List.of("off", "the stream's, else 1MiB", "the database's name")
                .contains(option.setting().defaultText())) {
            option.read(builder, option.setting().defaultText());
        }

        assertThat(builder.build()).isEqualTo(PollerSettings.builder().build());
    }

    @ParameterizedTest
    @MethodSource("options")
    void limitsHoldByTheBuilderToo(PollerSettings.Option<?> option) {
        String limits = option.setting().limits();
        if (limits.isEmpty()) {
            return;
        }
        String most = limits.substring(limits.indexOf(" to ") + 4);
        String tooMuch = (Long.parseLong(most.replaceAll("\\D", "")) + 1) + most.replaceAll("\\d", "");
        PollerSettings.Builder atLimit = PollerSettings.builder();
        PollerSettings.Builder over = PollerSettings.builder();
        option.read(atLimit, most);
        option.read(over, tooMuch);

        assertThat(atLimit.build()).isNotNull();
        assertThatThrownBy(over::build)
                .isInstanceOf(InvalidSettings.class)
                .hasMessageContaining(option.setting() + " is " + tooMuch)
                .hasMessageContaining(" and " + most);
    }

    @Test
    void allFaultsAreReportedAtOnce() {
        PollerSettings.Builder builder = PollerSettings.builder()
                .requestsInFlight(0)
                .batch(50_001)
                .latency(Duration.ZERO)
                .maxRecordSize(0)
                .serverName(" ");

        assertThatThrownBy(builder::build)
                .isInstanceOfSatisfying(
                        InvalidSettings.class,
                        invalid -> assertThat(invalid.faults())
                                .containsExactlyInAnyOrder(
                                        "--requests-in-flight (LEAT_REQUESTS_IN_FLIGHT) is 0, but must lie between 1 and 64",
                                        "--batch (LEAT_BATCH) is 50001, but must lie between 1 and 50000",
                                        "--latency (LEAT_LATENCY) is 0ms, but must lie between 1ms and 1m",
                                        "--max-record-size (LEAT_MAX_RECORD_SIZE) is 0, but must lie between 1KiB and 10MiB",
                                        "--server-name (LEAT_SERVER_NAME) is blank"));
    }

    @Test
    void theSizeOfAPackedRecordIsSetInEitherOrder() {
        Aggregation lines = Aggregation.all(Aggregation.Format.LINES);

        assertThat(PollerSettings.builder()
                        .aggregationSize(100_000)
                        .aggregation(lines)
                        .build())
                .isEqualTo(PollerSettings.builder()
                        .aggregation(lines)
                        .aggregationSize(100_000)
                        .build());
        assertThat(PollerSettings.builder()
                        .aggregationSize(100_000)
                        .aggregation(lines)
                        .build()
                        .aggregation())
                .isEqualTo(new Aggregation(Aggregation.Format.LINES, lines.byStream(), 100_000));
    }
}
