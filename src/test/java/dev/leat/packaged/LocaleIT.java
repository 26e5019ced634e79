package dev.leat.packaged;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.Await;
import dev.leat.testkit.Extent;
import dev.leat.testkit.LeatProcess;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import dev.leat.testkit.TestStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The command line in a JVM whose locale has other letters, digits or calendars. */
@Tag("full")
class LocaleIT {

    @AutoClose
    private final TestDatabase database = TestServer.shared().emptyDatabase();

    @AutoClose
    private final TestStream stream = new TestStream(1);

    @TempDir
    private Path directory;

    static Stream<Arguments> locales() {
        return Extent.some(
                1,
                List.of(
                        // i and I are not each other's cases.
                        Arguments.of(List.of("-Duser.language=tr", "-Duser.country=TR")),
                        Arguments.of(List.of("-Duser.language=ar", "-Duser.country=EG", "-Duser.extensions=u-nu-arab")),
                        Arguments.of(List.of(
                                "-Duser.language=th", "-Duser.country=TH", "-Duser.extensions=u-ca-buddhist-nu-thai"))))
                .stream();
    }

    @ParameterizedTest
    @MethodSource("locales")
    void everythingIsReadAndWrittenAsInAnyOther(List<String> locale) throws IOException {
        LeatProcess.Environment environment = new LeatProcess.Environment(
                database, TestServer.OWNER, stream.local().endpoint(), TestStream.NAME);
        Path file = Files.writeString(directory.resolve("tables.yaml"), """
                tables:
                  public.orders:
                    key: [id]
                    operations: [insert, update, delete, truncate]
                    on_quarantine: wait
                """);
        leat(environment, locale, "migrate");
        database.run("CREATE TABLE public.orders (id bigint PRIMARY KEY)");
        assertThat(leat(environment, locale, "attach", "--file", file.toString()))
                .contains("public.orders: attached");
        database.run("INSERT INTO public.orders SELECT generate_series(1, 1234)");
        assertThat(leat(environment, locale, "status")).contains("1,234 events", "public.orders  yes");
        assertThat(leat(environment, locale, "doctor")).contains("OK    stream " + TestStream.NAME);

        try (LeatProcess run = LeatProcess.start(
                environment.with("LEAT_AGGREGATION", "lines").with("LEAT_RETAIN", "1d"), locale, "run")) {
            Await.until("all events settled", Duration.ofSeconds(60), () -> settled() || !run.alive());
            run.terminate();
            assertThat(run.exitCode()).as(run.said()).isZero();
            assertThat(run.said().lines())
                    .isNotEmpty()
                    .allMatch(line -> line.matches("20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:.]{12}[Z+-].*"));
        }
        assertThat(stream.local().records(TestStream.NAME))
                .isNotEmpty()
                .allSatisfy(record -> assertThat(record.sequenceNumber()).matches("[0-9]+"));
        assertThat(database.value("SELECT count(*) FROM leat_internal.sent")).isEqualTo("1234");
    }

    private boolean settled() {
        return "0".equals(database.value("SELECT count(*) FROM leat_internal.outbox"));
    }

    private static String leat(LeatProcess.Environment environment, List<String> locale, String... arguments) {
        try (LeatProcess process = LeatProcess.start(environment, locale, arguments)) {
            assertThat(process.exitCode()).as(process.said()).isZero();
            return process.said();
        }
    }
}
