package dev.leat.capture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.Session;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Another table has taken the name of an attached table. Its changes are not captured, and Leat reports that. */
@Tag("postgres")
class ReplacedTableTest extends CaptureFixture {

    private static final String DROPPED = "public.t was dropped: attach it again when there is one;"
            + " SELECT leat.detach('public', 't') forgets it";
    private static final String MADE_ANEW =
            "public.t is not the table that was attached: that one was dropped, and this one is not"
                    + " captured: attach it; SELECT leat.detach('public', 't') forgets the dropped one";
    private static final String SWAPPED =
            "public.t is not the table that was attached: that one is called public.t_old now, and this one"
                    + " is not captured: attach it; if it is not to be captured, attach public.t_old again, under that name";

    private List<List<String>> attached() {
        return database.rows("SELECT schema_name, table_name, row_trigger, problems[1] FROM leat.attached()");
    }

    private List<String> refreshed() throws Exception {
        try (Session poller = session()) {
            return poller.warnings("SELECT leat.refresh()");
        }
    }

    private void attach() {
        run(
                "CREATE TABLE public.t (id int PRIMARY KEY, card text); SELECT leat.attach('public.t', exclude => '{card}')");
    }

    @Test
    void aDroppedTableIsNamedUntilItIsDetached() throws Exception {
        attach();
        run("DROP TABLE public.t");

        assertThat(attached()).containsExactly(List.of("public", "t", "dropped", DROPPED));
        for (int time = 0; time < 2; time++) {
            assertThat(refreshed()).containsExactly("leat.refresh: " + DROPPED);
            assertThat(attached()).containsExactly(List.of("public", "t", "dropped", DROPPED));
        }
        assertThat(database.value("SELECT count(*) FROM pg_proc WHERE proname ~ '^capture_[0-9]'"))
                .isEqualTo("0");

        run("SELECT leat.detach('public', 't')");

        assertThat(attached()).isEmpty();
        assertThat(refreshed()).isEmpty();
    }

    @Test
    void aTableThatIsMadeAnewUnderTheNameIsNamedUntilItIsAttached() throws Exception {
        attach();
        run(
                "DROP TABLE public.t; CREATE TABLE public.t (id int PRIMARY KEY, card text); INSERT INTO public.t VALUES (1)");

        assertThat(captured()).isEmpty();
        assertThat(attached()).containsExactly(List.of("public", "t", "not attached", MADE_ANEW));
        assertThat(refreshed()).containsExactly("leat.refresh: " + MADE_ANEW);
        assertThat(refreshed()).containsExactly("leat.refresh: " + MADE_ANEW);

        try (Session owner = session()) {
            assertThat(owner.warnings("SELECT leat.attach('public.t')"))
                    .containsExactly(
                            "public.t: the table that was attached under this name was dropped, and its attachment is"
                                    + " forgotten; it left out or masked card, which this one does not");
        }
        run("INSERT INTO public.t VALUES (2)");
        assertThat(last().partitionKey()).isEqualTo("public.t.2");
        assertThat(attached()).containsExactly(Arrays.asList("public", "t", "enabled", null));
        assertThat(refreshed()).isEmpty();
    }

    @Test
    void aTableThatTookTheNameByRenamesIsNamedUntilItIsAttached() throws Exception {
        attach();
        run("CREATE TABLE public.t_new (id int PRIMARY KEY, card text)");
        run("ALTER TABLE public.t RENAME TO t_old");
        // Until there is another one it is a renamed table like any other.
        assertThat(refreshed()).isEmpty();
        assertThat(attached()).containsExactly(Arrays.asList("public", "t_old", "enabled", null));
        run("ALTER TABLE public.t_new RENAME TO t");
        run("INSERT INTO public.t VALUES (1); INSERT INTO public.t_old VALUES (2)");

        assertThat(captured().stream().map(Captured::partitionKey)).containsExactly("public.t_old.2");
        assertThat(attached())
                .containsExactly(
                        Arrays.asList("public", "t_old", "enabled", null),
                        List.of("public", "t", "not attached", SWAPPED));
        assertThat(refreshed()).containsExactly("leat.refresh: " + SWAPPED);

        try (Session owner = session()) {
            assertThat(owner.warnings("SELECT leat.attach('public.t', exclude => '{card}')"))
                    .containsExactly(
                            "public.t: the table that was attached under this name is called public.t_old now, and stays"
                                    + " attached");
        }
        run("INSERT INTO public.t VALUES (3); INSERT INTO public.t_old VALUES (4)");
        assertThat(captured().stream().map(Captured::partitionKey))
                .containsExactly("public.t_old.2", "public.t.3", "public.t_old.4");
        assertThat(attached())
                .containsExactly(
                        Arrays.asList("public", "t_old", "enabled", null),
                        Arrays.asList("public", "t", "enabled", null));
        assertThat(refreshed()).isEmpty();
    }

    @Test
    void aTableThatIsAttachedAgainUnderItsNewNameIsKnownByIt() throws Exception {
        attach();
        run("ALTER TABLE public.t RENAME TO t_old; CREATE TABLE public.t (id int PRIMARY KEY)");

        run("SELECT leat.attach('public.t_old', exclude => '{card}')");

        assertThat(attached()).containsExactly(Arrays.asList("public", "t_old", "enabled", null));
        assertThat(refreshed()).isEmpty();
    }

    @Test
    void theNameOfARenamedTableDetachesNothing() throws Exception {
        attach();
        run("ALTER TABLE public.t RENAME TO t_old");
        try (Session owner = session()) {
            Session.Refusal refusal = owner.refusal("SELECT leat.detach('public', 't')");
            assertThat(refusal.message()).contains("public.t is not attached");
            assertThat(refusal.hint()).contains("is called public.t_old now");
            assertThat(owner.refusal("SELECT leat.detach('public', 'u')").message())
                    .contains("public.u is not attached");
        }
        run("SELECT leat.detach('public', 't_old')");
        assertThat(attached()).isEmpty();
    }

    @Test
    void twoTablesThatSwapNamesAndAreBothAttachedAreNoLoss() throws Exception {
        attach();
        run(
                "CREATE TABLE public.u (id int PRIMARY KEY); SELECT leat.attach('public.u'); ALTER TABLE public.t RENAME TO x;"
                        + " ALTER TABLE public.u RENAME TO t; ALTER TABLE public.x RENAME TO u; SELECT leat.refresh()");

        assertThat(attached())
                .containsExactly(
                        Arrays.asList("public", "u", "enabled", null), Arrays.asList("public", "t", "enabled", null));
        assertThat(refreshed()).isEmpty();
    }

    @Test
    void aPartitionOfAnAttachedTableThatTookTheNameIsCaptured() throws Exception {
        attach();
        run(
                "CREATE TABLE public.p (id int PRIMARY KEY, card text) PARTITION BY RANGE (id); SELECT leat.attach('public.p');"
                        + " DROP TABLE public.t; CREATE TABLE public.t PARTITION OF public.p FOR VALUES FROM (0) TO (10);"
                        + " SELECT leat.refresh()");

        assertThat(refreshed()).containsExactly("leat.refresh: " + DROPPED);
    }

    @Test
    void aSchemaThatWasDroppedAndMadeAnewIsNamedTableByTable() throws Exception {
        run("CREATE SCHEMA \"Shop\"; CREATE TABLE \"Shop\".\"Orders\" (id int PRIMARY KEY);"
                + " SELECT leat.attach('\"Shop\".\"Orders\"'); DROP SCHEMA \"Shop\" CASCADE");
        assertThat(refreshed()).singleElement().asString().startsWith("leat.refresh: \"Shop\".\"Orders\" was dropped");
        run("CREATE SCHEMA \"Shop\"; CREATE TABLE \"Shop\".\"Orders\" (id int PRIMARY KEY)");

        assertThat(refreshed())
                .singleElement()
                .asString()
                .contains("\"Shop\".\"Orders\" is not the table that was attached");

        run("SELECT leat.detach('Shop', 'Orders')");
        assertThat(refreshed()).isEmpty();
    }
}
