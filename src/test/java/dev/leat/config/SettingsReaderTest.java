package dev.leat.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.kinesis.Aggregation;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsReaderTest {

    private static final String URL = "jdbc:postgresql://db.example:5432/shop";

    private final Map<Setting, String> options = new HashMap<>();
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
        environment.put("LEAT_IDLE_INTERVAL", "50ms");
        environment.put("LEAT_MAX_RECORD_SIZE", "10MiB");

        Settings settings = read();

        assertThat(settings.database()).isEqualTo(new Settings.Database(URL, "poller", "secret"));
        assertThat(settings.stream()).isEqualTo(new Settings.Stream("orders", 10 << 20));
        assertThat(settings.poller().retain()).isEqualTo(Duration.ofDays(7));
        assertThat(settings.poller().idleInterval()).isEqualTo(Duration.ofMillis(50));
        assertThat(settings.poller().batch()).isEqualTo(Settings.Poller.DEFAULT.batch());
    }

    @Test
    void looksAtWorkAreNeverRarerThanAtRest() {
        setTheNecessary();
        environment.put("LEAT_IDLE_INTERVAL", "1ms");
        assertThat(read().poller().busyInterval()).isEqualTo(Duration.ofMillis(1));

        environment.put("LEAT_IDLE_INTERVAL", "80ms");
        assertThat(read().poller().busyInterval()).isEqualTo(Duration.ofMillis(2));
        environment.put("LEAT_BUSY_INTERVAL", "80ms");
        assertThat(read().poller().busyInterval()).isEqualTo(Duration.ofMillis(80));
        environment.put("LEAT_BUSY_INTERVAL", "81ms");
        assertThatThrownBy(this::read)
                .isInstanceOf(InvalidSettings.class)
                .hasMessageContaining("--busy-interval (LEAT_BUSY_INTERVAL)")
                .hasMessageContaining("80ms");
    }

    @Test
    void anOptionWinsOverTheEnvironment() {
        setTheNecessary();
        environment.put("LEAT_WORKERS", "3");
        options.put(Setting.WORKERS, "5");

        assertThat(read().poller().workers()).isEqualTo(5);
    }

    @Test
    void anEmptyVariableCountsAsNotSet() {
        setTheNecessary();
        environment.put("LEAT_WORKERS", "");

        assertThat(read().poller()).isEqualTo(Settings.Poller.DEFAULT);
    }

    @Test
    void allFaultsAreReportedAtOnce() {
        environment.put("LEAT_DATABASE_URL", "postgres://db.example/shop");
        environment.put("LEAT_RETAIN", "a week");
        environment.put("LEAT_WORKERS", "0");
        options.put(Setting.BATCH, "many");
        options.put(Setting.MAX_RECORD_SIZE, "20MiB");

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
        options.put(Setting.MAX_RECORD_SIZE, "20MiB");

        assertThatThrownBy(this::read).hasMessageContaining("--max-record-size (LEAT_MAX_RECORD_SIZE) is 20971520");
    }

    @Test
    void everyStreamOrSomeArePacked() {
        setTheNecessary();
        assertThat(read().aggregation()).isEqualTo(Aggregation.none());
        environment.put("LEAT_AGGREGATION", "kpl");
        assertThat(read().aggregation()).isEqualTo(Aggregation.all(Aggregation.Format.KPL));
        options.put(Setting.AGGREGATION, "orders=lines, arn:aws:kinesis:eu-central-1:123456789012:stream/audit = NONE");
        options.put(Setting.AGGREGATION_SIZE, "100KiB");

        assertThat(read().aggregation())
                .isEqualTo(new Aggregation(
                        Aggregation.Format.NONE,
                        Map.of(
                                "orders", Aggregation.Format.LINES,
                                "arn:aws:kinesis:eu-central-1:123456789012:stream/audit", Aggregation.Format.NONE),
                        100 << 10));
    }

    @ParameterizedTest
    @ValueSource(strings = {"zip", "kpl,lines", "orders=", "=kpl", "orders=kpl,orders=lines", "kpl,", "orders:kpl"})
    void whatIsNoWayToPackIsRefused(String text) {
        setTheNecessary();
        options.put(Setting.AGGREGATION, text);

        assertThatThrownBy(this::read)
                .isInstanceOf(InvalidSettings.class)
                .hasMessageContaining("--aggregation (LEAT_AGGREGATION)")
                .hasMessageContaining("such as kpl,audit=none");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1023", "11MiB", "large"})
    void aPackedRecordsSizeHasBounds(String size) {
        setTheNecessary();
        options.put(Setting.AGGREGATION_SIZE, size);

        assertThatThrownBy(this::read)
                .isInstanceOf(InvalidSettings.class)
                .hasMessageContaining("--aggregation-size (LEAT_AGGREGATION_SIZE)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"orders", "a.b_c-1", "arn:aws:kinesis:eu-central-1:123456789012:stream/orders"})
    void aStreamIsNamedByNameOrArn(String stream) {
        assertThat(new Settings.Stream(stream, null).stream()).isEqualTo(stream);
    }

    @ParameterizedTest
    @ValueSource(strings = {"two words", " ", "arn:aws:sqs:eu-central-1:123456789012:orders"})
    void whatIsNeitherNameNorArnIsRefused(String stream) {
        assertThatThrownBy(() -> new Settings.Stream(stream, null)).isInstanceOf(InvalidSettings.class);
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
}
