package dev.leat.capture;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** TRUNCATE writes a marker into every lane. */
@Tag("postgres")
class TruncateTest extends CaptureFixture {

    @Test
    void aTruncateIsAMarkerInEveryLane() {
        run("CREATE TABLE public.t (id int PRIMARY KEY); SELECT leat.attach('public.t');"
                + " INSERT INTO public.t VALUES (1); TRUNCATE public.t; INSERT INTO public.t VALUES (1)");

        List<Captured> markers =
                captured().stream().filter(event -> "t".equals(event.op())).toList();
        assertThat(markers.stream().map(Captured::lane))
                .containsExactlyElementsOf(IntStream.range(0, 64).boxed().toList());
        assertThat(markers).allSatisfy(marker -> {
            assertThat(marker.partitionKey()).isEqualTo("public.t#" + marker.lane());
            assertThat(marker.held()).isFalse();
            assertThat(marker.key()).isNull();
            assertThat(marker.before()).isNull();
            assertThat(marker.after()).isNull();
            assertThat(marker.id()).isBetween(captured().get(0).id(), last().id());
        });
    }

    @Test
    void markersOfAHeldTableAreHeld() {
        run("CREATE TABLE public.t (id int PRIMARY KEY, c int); SELECT leat.attach('public.t', key => '{c}')");

        run("TRUNCATE public.t");

        assertThat(captured()).hasSize(64).allMatch(Captured::held);
        assertThat(last().partitionKey()).isEqualTo("public.t(c)#63");
    }

    /** Consumers read from the partition key which lane it is about. */
    @Test
    void theLaneStaysReadableHoweverLongTheNamesAre() {
        for (int length : new int[] {234, 235, 236, 237, 238, 300}) {
            String columns = IntStream.range(0, 5)
                    .mapToObj(n -> "c" + n + "x".repeat((length - 10 - 4) / 5 + (n < (length - 14) % 5 ? 1 : 0)))
                    .collect(Collectors.joining(","));
            assertThat(columns).hasSize(length);
            String definitions =
                    Stream.of(columns.split(",")).map(name -> name + " int").collect(Collectors.joining(", "));
            run("CREATE TABLE public.sometable (" + definitions + ");"
                    + " SELECT leat.attach('public.sometable', key => '{" + columns + "}')");

            run("TRUNCATE public.sometable");

            assertThat(captured())
                    .hasSize(64)
                    .allSatisfy(marker -> assertThat(marker.partitionKey())
                            .hasSizeLessThanOrEqualTo(256)
                            .startsWith(length > 235 ? "sha256:" : "public.sometable(" + columns + ")#")
                            .endsWith("#" + marker.lane()));
            run("DROP TABLE public.sometable; SELECT leat.refresh(); DELETE FROM leat_internal.outbox");
        }
    }

    @Test
    void markersAreHeldOnceTheKeyIsGone() {
        run("CREATE TABLE public.t (id int PRIMARY KEY, c int); SELECT leat.attach('public.t')");
        run("ALTER TABLE public.t DROP CONSTRAINT t_pkey");

        run("TRUNCATE public.t");

        assertThat(captured()).hasSize(64).allMatch(Captured::held);
    }

    @Test
    void truncatingAPartitionedTableIsOneSetOfMarkers() {
        attachParts();

        run("TRUNCATE public.part");

        assertThat(captured()).hasSize(64).allMatch(event -> "part".equals(event.table()));
    }

    @Test
    void truncatingOnePartitionNamesThatPartition() {
        attachParts();

        run("TRUNCATE public.part_low");

        assertThat(captured()).hasSize(64).allMatch(event -> "part_low".equals(event.table()));
        assertThat(last().partitionKey()).isEqualTo("public.part_low#63");
    }

    @Test
    void aPartitionTruncatedAfterItsTableWasIsMarkedIfAnythingCameBetween() {
        attachParts();

        run("BEGIN; TRUNCATE public.part; INSERT INTO public.part VALUES (1, 5); TRUNCATE public.part_low; COMMIT");

        assertThat(captured().stream().filter(event -> "part_low".equals(event.table())))
                .hasSize(64);
    }

    @Test
    void severalTablesInOneStatementAreMarkedEach() {
        attachParts();
        run("CREATE TABLE public.t (id int PRIMARY KEY); SELECT leat.attach('public.t')");

        run("TRUNCATE public.t, public.part");

        assertThat(captured()).hasSize(128);
    }

    @Test
    void truncateCascadeIsMarkedForTheTablesItReaches() {
        run(
                "CREATE TABLE public.t (id int PRIMARY KEY); CREATE TABLE public.u (id int PRIMARY KEY REFERENCES public.t);"
                        + " SELECT leat.attach('public.u')");

        run("TRUNCATE public.t CASCADE");

        assertThat(captured()).hasSize(64).allMatch(event -> "u".equals(event.table()));
    }

    private void attachParts() {
        run("CREATE TABLE public.part (id int, day int, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);"
                + " CREATE TABLE public.part_low PARTITION OF public.part FOR VALUES FROM (0) TO (10);"
                + " CREATE TABLE public.part_high PARTITION OF public.part FOR VALUES FROM (10) TO (20);"
                + " SELECT leat.attach('public.part')");
    }
}
