package dev.leat.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.Aggregation;
import dev.leat.PollerSettings;
import dev.leat.settings.InvalidSettings;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsReaderTest {

    private static final String URL = "jdbc:postgresql://db.example:5432/shop";

    private final Map<String, String> options = new HashMap<>();
    private final Map<String, String> environment = new HashMap<>();

    private Settings read() {
        return new SettingsReader(options, environment).settings();
    }

    private void setTheNecessary() {
        environment.put("LEAT_DATABASE_URL", URL);
        environment.put("LEAT_STREAM", "orders");
    }

    @Test
    void theEnvironmentAloneIsEnough() {
        setTheNecessary();
        environment.put("LEAT_DATABASE_USERNAME", "poller");
        environment.put("LEAT_DATABASE_PASSWORD", "secret");
        environment.put("LEAT_RETAIN", "7d");
        environment.put("LEAT_LATENCY", "50ms");
        environment.put("LEAT_MAX_RECORD_SIZE", "10MiB");

        Settings settings = read();

        assertThat(settings.database()).isEqualTo(new Settings.Database(URL, "poller", "secret"));
        assertThat(settings.stream()).isEqualTo("orders");
        assertThat(settings.poller().maxRecordSize()).isEqualTo(10 << 20);
        assertThat(settings.poller().retain()).isEqualTo(Duration.ofDays(7));
        assertThat(settings.poller().latency()).isEqualTo(Duration.ofMillis(50));
        assertThat(settings.poller().batch())
                .isEqualTo(PollerSettings.builder().build().batch());
    }

    @Test
    void anOptionWinsOverTheEnvironment() {
        setTheNecessary();
        environment.put("LEAT_WORKERS", "3");
        options.put("--workers", "5");

        assertThat(read().poller().workers()).isEqualTo(5);
    }

    @Test
    void anEmptyVariableCountsAsNotSet() {
        setTheNecessary();
        environment.put("LEAT_WORKERS", "");

        assertThat(read().poller()).isEqualTo(PollerSettings.builder().build());
    }

    @Test
    void allFaultsAreReportedAtOnce() {
        environment.put("LEAT_DATABASE_URL", "postgres://db.example/shop");
        environment.put("LEAT_RETAIN", "a week");
        environment.put("LEAT_WORKERS", "0");
        options.put("--batch", "many");
        options.put("--max-record-size", "20MiB");

        assertThatThrownBy(this::read)
                .isInstanceOfSatisfying(
                        InvalidSettings.class,
                        invalid -> assertThat(invalid.faults())
                                .satisfiesExactlyInAnyOrder(
                                        fault -> assertThat(fault)
                                                .contains("--database-url (LEAT_DATABASE_URL)", "JDBC URL"),
                                        fault -> assertThat(fault).contains("set --stream (LEAT_STREAM)"),
                                        fault -> assertThat(fault).contains("--max-record-size (LEAT_MAX_RECORD_SIZE)"),
                                        fault -> assertThat(fault).contains("--retain (LEAT_RETAIN)", "'a week'", "7d"),
                                        fault -> assertThat(fault)
                                                .contains("--workers (LEAT_WORKERS)", "between 1 and 64"),
                                        fault -> assertThat(fault)
                                                .contains("--batch (LEAT_BATCH)", "'many' is not a number")));
    }

    @Test
    void aRecordSizeAboveWhatKinesisTakesIsRefused() {
        setTheNecessary();
        options.put("--max-record-size", "20MiB");

        assertThatThrownBy(this::read).hasMessageContaining("--max-record-size (LEAT_MAX_RECORD_SIZE) is 20MiB");
    }

    @Test
    void everyStreamOrSomeAreAggregated() {
        setTheNecessary();
        assertThat(read().poller().aggregation()).isEqualTo(Aggregation.none());
        environment.put("LEAT_AGGREGATION", "kpl");
        assertThat(read().poller().aggregation()).isEqualTo(Aggregation.all(Aggregation.Format.KPL));
        options.put("--aggregation", "orders=lines, arn:aws:kinesis:eu-central-1:123456789012:stream/audit = NONE");
        options.put("--aggregation-size", "100KiB");

        assertThat(read().poller().aggregation())
                .isEqualTo(new Aggregation(
                        Aggregation.Format.NONE,
                        Map.of(
                                "orders", Aggregation.Format.LINES,
                                "arn:aws:kinesis:eu-central-1:123456789012:stream/audit", Aggregation.Format.NONE),
                        100 << 10));
    }

    @ParameterizedTest
    @ValueSource(strings = {"zip", "kpl,lines", "orders=", "=kpl", "orders=kpl,orders=lines", "kpl,", "orders:kpl"})
    void whatIsNoAggregationIsRefused(String text) {
        setTheNecessary();
        options.put("--aggregation", text);

        assertThatThrownBy(this::read)
                .isInstanceOf(InvalidSettings.class)
                .hasMessageContaining("--aggregation (LEAT_AGGREGATION)")
                .hasMessageContaining("such as kpl,audit=none");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1023", "11MiB", "large"})
    void anAggregatesSizeHasBounds(String size) {
        setTheNecessary();
        options.put("--aggregation-size", size);

        assertThatThrownBy(this::read)
                .isInstanceOf(InvalidSettings.class)
                .hasMessageContaining("--aggregation-size (LEAT_AGGREGATION_SIZE)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"orders", "a.b_c-1", "arn:aws:kinesis:eu-central-1:123456789012:stream/orders"})
    void aStreamIsNamedByNameOrArn(String stream) {
        setTheNecessary();
        environment.put("LEAT_STREAM", stream);

        assertThat(read().stream()).isEqualTo(stream);
    }

    @ParameterizedTest
    @ValueSource(strings = {"two words", " ", "arn:aws:sqs:eu-central-1:123456789012:orders"})
    void whatIsNeitherNameNorArnIsRefused(String stream) {
        setTheNecessary();
        environment.put("LEAT_STREAM", stream);

        assertThatThrownBy(this::read)
                .isInstanceOf(InvalidSettings.class)
                .hasMessageContaining("--stream (LEAT_STREAM) is ");
        assertThatThrownBy(() -> new SettingsReader(options, environment).streamIfGiven())
                .isInstanceOf(InvalidSettings.class);
    }

    @Test
    void thePasswordIsNeverPrinted() {
        var given = new Settings.Database(URL, "poller", "secret");
        var inUrl = new Settings.Database("jdbc:postgresql://db.example/shop?user=me&password=secret", null, null);

        assertThat(List.of(given.toString(), inUrl.toString(), inUrl.printableUrl()))
                .noneMatch(text -> text.contains("secret"))
                .allMatch(text -> text.contains("db.example"));
    }

    @Test
    void aWrapperAroundTheDriverIsTaken() {
        String url = "jdbc:aws-wrapper:postgresql://db.example/shop";
        assertThat(new Settings.Database(url, null, null).url()).isEqualTo(url);
    }
}
