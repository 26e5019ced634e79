package dev.leat.capture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.Session;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The application's own triggers on an attached table. */
@Tag("postgres")
class TriggerOrderTest extends CaptureFixture {

    @Test
    void aTriggerThatRewritesItsOwnRowComesAfterTheChangeThatCausedIt() {
        run("CREATE TABLE public.t (id int PRIMARY KEY, v int, w int);"
                + " CREATE FUNCTION public.again() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                + " UPDATE public.t SET w = NEW.v * 10 WHERE id = NEW.id AND w IS DISTINCT FROM NEW.v * 10; RETURN NULL; END $$;"
                + " CREATE TRIGGER a_first AFTER INSERT OR UPDATE ON public.t FOR EACH ROW EXECUTE FUNCTION public.again();"
                + " SELECT leat.attach('public.t')");

        run("INSERT INTO public.t VALUES (1, 1)");
        run("UPDATE public.t SET v = 2");

        assertThat(changes())
                .containsExactly(
                        "c public.t.1 null -> {\"id\":1,\"v\":1,\"w\":null}",
                        "u public.t.1 {\"id\":1,\"v\":1,\"w\":null} -> {\"id\":1,\"v\":1,\"w\":10}",
                        "u public.t.1 {\"id\":1,\"v\":1,\"w\":10} -> {\"id\":1,\"v\":2,\"w\":10}",
                        "u public.t.1 {\"id\":1,\"v\":2,\"w\":10} -> {\"id\":1,\"v\":2,\"w\":20}");
    }

    @Test
    void aBeforeTriggersChangeIsInTheRow() {
        run("CREATE TABLE public.t (id int PRIMARY KEY, v int);"
                + " CREATE FUNCTION public.twice() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.v := NEW.v * 2; RETURN NEW;"
                + " END $$; CREATE TRIGGER twice BEFORE INSERT ON public.t FOR EACH ROW EXECUTE FUNCTION public.twice();"
                + " SELECT leat.attach('public.t')");

        run("INSERT INTO public.t VALUES (1, 2)");

        assertThat(last().after()).isEqualTo("{\"id\":1,\"v\":4}");
    }

    @Test
    void anAfterRowTriggerIsWarnedOfUnlessItIsDeferred() throws Exception {
        run("CREATE TABLE public.t (id int PRIMARY KEY);"
                + " CREATE FUNCTION public.other() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;"
                + " CREATE TRIGGER notes BEFORE INSERT ON public.t FOR EACH ROW EXECUTE FUNCTION public.other();"
                + " CREATE TRIGGER counts AFTER INSERT ON public.t FOR EACH STATEMENT EXECUTE FUNCTION public.other();"
                + " CREATE CONSTRAINT TRIGGER late AFTER INSERT ON public.t DEFERRABLE INITIALLY DEFERRED"
                + " FOR EACH ROW EXECUTE FUNCTION public.other()");
        try (Session owner = session()) {
            assertThat(owner.warnings("SELECT leat.attach('public.t')")).isEmpty();

            run("CREATE TRIGGER cascade AFTER UPDATE ON public.t FOR EACH ROW EXECUTE FUNCTION public.other()");

            assertThat(owner.warnings("SELECT leat.attach('public.t')"))
                    .singleElement()
                    .asString()
                    .contains("trigger cascade")
                    .contains("INITIALLY DEFERRED");
            assertThat(database.value("SELECT problems[1] FROM leat.attached()"))
                    .contains("trigger cascade");
        }
    }

    @Test
    void aTriggerThatSortsBeforeOursIsWarnedOf() throws Exception {
        run("CREATE TABLE public.t (id int PRIMARY KEY);"
                + " CREATE FUNCTION public.other() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;"
                + " CREATE TRIGGER \" early\" AFTER INSERT ON public.t FOR EACH ROW EXECUTE FUNCTION public.other()");
        try (Session owner = session()) {
            assertThat(owner.warnings("SELECT leat.attach('public.t')"))
                    .anySatisfy(warning -> assertThat(warning).contains("sorts before"));
        }
    }

    @Test
    void aTableWithInheritingChildrenIsWarnedOf() throws Exception {
        run("CREATE TABLE public.t (id int PRIMARY KEY); CREATE TABLE public.child () INHERITS (public.t)");
        try (Session owner = session()) {
            assertThat(owner.warnings("SELECT leat.attach('public.t')"))
                    .singleElement()
                    .asString()
                    .contains("public.child inherits");
        }
    }

    @Test
    void aDeferrablePrimaryKeyIsWarnedOfAndHeld() throws Exception {
        run("CREATE TABLE public.t (id int PRIMARY KEY DEFERRABLE)");
        try (Session owner = session()) {
            assertThat(owner.warnings("SELECT leat.attach('public.t')"))
                    .singleElement()
                    .asString()
                    .contains("DEFERRABLE");
        }
        run("INSERT INTO public.t VALUES (1)");
        assertThat(last().held()).isTrue();
    }
}
