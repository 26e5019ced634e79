package dev.leat.capture;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Tables with named key columns: their events are held unless the columns are those of the primary key. */
@Tag("postgres")
class NamedKeyTest extends CaptureFixture {

    @Test
    void anotherKeyThanThePrimaryKeyIsHeldUnderAPartitionKeyOfItsOwn() {
        run("CREATE TABLE public.orders (id int PRIMARY KEY, customer_id int, region text);"
                + " SELECT leat.attach('public.orders', key => '{customer_id}')");

        run("INSERT INTO public.orders VALUES (1, 7, 'eu')");

        assertThat(last().held()).isTrue();
        assertThat(last().partitionKey()).isEqualTo("public.orders(customer_id).7");
        assertThat(last().key()).isEqualTo("{\"customer_id\":7}");
    }

    @Test
    void thePrimaryKeysColumnsByNameAreNotHeldInWhateverOrder() {
        run("CREATE TABLE public.t (a int, b int, PRIMARY KEY (a, b)); SELECT leat.attach('public.t', key => '{b,a}')");

        run("INSERT INTO public.t VALUES (1, 2)");

        assertThat(last().held()).isFalse();
        assertThat(last().partitionKey()).isEqualTo("public.t.(2,1)");
    }

    @Test
    void aPartOfThePrimaryKeyIsHeld() {
        run("CREATE TABLE public.t (a int, b int, PRIMARY KEY (a, b)); SELECT leat.attach('public.t', key => '{a}')");

        run("INSERT INTO public.t VALUES (1, 2)");

        assertThat(last().held()).isTrue();
    }

    @Test
    void aNullInANamedKeyIsTheEmptyText() {
        run("CREATE TABLE public.t (id int PRIMARY KEY, c int); SELECT leat.attach('public.t', key => '{c}')");

        run("INSERT INTO public.t VALUES (1, NULL)");
        run("UPDATE public.t SET c = 3");

        assertThat(changes())
                .containsExactly(
                        "c public.t(c). null -> {\"id\":1,\"c\":null}",
                        "d public.t(c). {\"id\":1,\"c\":null} -> null",
                        "c public.t(c).3 null -> {\"id\":1,\"c\":3}");
        assertThat(captured().get(0).key()).isEqualTo("{\"c\":null}");
    }

    @Test
    void heldAndUnheldEventsOfATableNeverShareAPartitionKey() {
        run("CREATE TABLE public.t (id int PRIMARY KEY, c int); SELECT leat.attach('public.t', key => '{c}')");
        run("INSERT INTO public.t VALUES (1, 1)");

        run("SELECT leat.attach('public.t')");
        run("UPDATE public.t SET c = 2");

        assertThat(captured().stream().map(Captured::partitionKey)).containsExactly("public.t(c).1", "public.t.1");
    }
}
