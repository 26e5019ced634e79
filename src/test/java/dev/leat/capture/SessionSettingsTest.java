package dev.leat.capture;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A row has one key and one image, whatever the settings of the writer's session are. */
@Tag("postgres")
class SessionSettingsTest extends CaptureFixture {

    @Test
    void keysAndImagesDoNotDependOnTheSession() {
        run(
                "CREATE TABLE public.t (at timestamptz, day date, span interval, real_ double precision, raw bytea,"
                        + " PRIMARY KEY (at, day, span, real_, raw)); SELECT leat.attach('public.t');"
                        + " INSERT INTO public.t VALUES ('2026-01-02 03:04:05+00', '2026-01-02', '1 day 2 hours', 0.1::float8 + 0.2, '\\x01ff')");
        String plain = last().change().replaceFirst("^c", "");
        String key = last().partitionKey();

        run(
                "SET TimeZone = 'Asia/Tokyo'; SET DateStyle = 'German, DMY'; SET IntervalStyle = 'iso_8601';"
                        + " SET extra_float_digits = -10; SET bytea_output = 'escape'; SET quote_all_identifiers = on;"
                        + " SET standard_conforming_strings = off; SET search_path = 'nowhere'; DELETE FROM public.t;"
                        + " INSERT INTO public.t VALUES ('2026-01-02 12:04:05+09', '2.1.2026', 'P1DT2H', 0.1::float8 + 0.2, E'\\\\x01ff'); RESET DateStyle");

        assertThat(key).contains("2026-01-02 03:04:05+00").contains("0.30000000000000004");
        assertThat(captured()).hasSize(3).allMatch(event -> key.equals(event.partitionKey()));
        assertThat(last().change().replaceFirst("^c", "")).isEqualTo(plain);
    }

    @Test
    void theWritersOwnSettingsAreUntouched() {
        run("CREATE TABLE public.t (id int PRIMARY KEY); SELECT leat.attach('public.t')");

        database.superuser("SET TimeZone = 'Asia/Tokyo'; INSERT INTO public.t VALUES (1);"
                + " DO $$ BEGIN ASSERT current_setting('TimeZone') = 'Asia/Tokyo'; END $$");

        assertThat(captured()).hasSize(1);
    }
}
