package dev.leat.consume;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DeduplicatorTest {

    private static final Deduplicator.Key A = new Deduplicator.Key("shop", "a");

    private final Deduplicator deduplicator = new Deduplicator();

    private static Identity event(String partitionKey, long id) {
        return new Identity("shop", partitionKey, id);
    }

    private List<Long> applied(String partitionKey, long... ids) {
        List<Long> applied = new ArrayList<>();
        for (long id : ids) {
            if (deduplicator.first(event(partitionKey, id))) {
                applied.add(id);
            }
        }
        return applied;
    }

    @Test
    void aRepeatedSuffixIsAppliedOnce() {
        assertThat(applied("a", 1, 2, 3, 2, 3, 4)).containsExactly(1L, 2L, 3L, 4L);
    }

    @Test
    void anOldRecordThatLandsLateIsSkipped() {
        assertThat(applied("a", 1, 2, 3, 1, 4, 2)).containsExactly(1L, 2L, 3L, 4L);
    }

    @Test
    void idsMayHaveGaps() {
        assertThat(applied("a", 5, 17, 17, 9_000_000_000L)).containsExactly(5L, 17L, 9_000_000_000L);
    }

    @Test
    void keysDoNotKnowOfEachOther() {
        assertThat(applied("a", 10)).containsExactly(10L);
        assertThat(applied("b", 9, 10)).containsExactly(9L, 10L);
    }

    @Test
    void twoSourcesWithTheSameTableDoNotKnowOfEachOther() {
        assertThat(deduplicator.first(new Identity("north", "public.orders.1", 10)))
                .isTrue();
        assertThat(deduplicator.first(new Identity("south", "public.orders.1", 9)))
                .isTrue();
        assertThat(deduplicator.first(new Identity("north", "public.orders.1", 9)))
                .isFalse();
    }

    @Test
    void readsTheEnvelopeItself() {
        byte[] envelope = IdentityTest.envelope("{\"id\":1}", "shop", "a", 7);

        assertThat(deduplicator.first(envelope)).isTrue();
        assertThat(deduplicator.first(envelope)).isFalse();
        assertThat(deduplicator.lastIds()).isEqualTo(Map.of(A, 7L));
    }

    @Test
    void goesOnFromWhatWasStored() {
        assertThat(applied("a", 1, 2)).hasSize(2);
        Deduplicator afterRestart = new Deduplicator(deduplicator.lastIds());

        assertThat(afterRestart.first(event("a", 2))).isFalse();
        assertThat(afterRestart.first(event("a", 3))).isTrue();
        assertThat(afterRestart.first(event("b", 1))).isTrue();
        assertThat(afterRestart.lastIds()).isEqualTo(Map.of(A, 3L, new Deduplicator.Key("shop", "b"), 1L));
    }

    @Test
    void sharesNoStateWithTheOutside() {
        Map<Deduplicator.Key, Long> stored = new HashMap<>(Map.of(A, 1L));
        Deduplicator fromStored = new Deduplicator(stored);
        stored.put(A, 100L);
        Map<Deduplicator.Key, Long> exported = fromStored.lastIds();
        fromStored.first(event("a", 2));

        assertThat(fromStored.first(event("a", 3))).isTrue();
        assertThat(exported).isEqualTo(Map.of(A, 1L));
    }

    @Test
    void aForgottenKeyBeginsAnew() {
        assertThat(applied("a", 3)).containsExactly(3L);
        deduplicator.forget(A);

        assertThat(deduplicator.lastIds()).isEmpty();
        assertThat(applied("a", 3)).containsExactly(3L);
    }
}
