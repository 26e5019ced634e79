package dev.leat.consume;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DeduplicatorTest {

    private final Deduplicator deduplicator = new Deduplicator();

    private List<Long> applied(String key, long... ids) {
        List<Long> applied = new ArrayList<>();
        for (long id : ids) {
            if (deduplicator.first(key, id)) {
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
    void goesOnFromWhatWasStored() {
        assertThat(applied("a", 1, 2)).hasSize(2);
        Deduplicator afterRestart = new Deduplicator(deduplicator.lastIds());

        assertThat(afterRestart.first("a", 2)).isFalse();
        assertThat(afterRestart.first("a", 3)).isTrue();
        assertThat(afterRestart.first("b", 1)).isTrue();
        assertThat(afterRestart.lastIds()).isEqualTo(Map.of("a", 3L, "b", 1L));
    }

    @Test
    void sharesNoStateWithTheOutside() {
        Map<String, Long> stored = new HashMap<>(Map.of("a", 1L));
        Deduplicator fromStored = new Deduplicator(stored);
        stored.put("a", 100L);
        Map<String, Long> exported = fromStored.lastIds();
        fromStored.first("a", 2);

        assertThat(fromStored.first("a", 3)).isTrue();
        assertThat(exported).isEqualTo(Map.of("a", 1L));
    }

    @Test
    void aForgottenKeyBeginsAnew() {
        assertThat(applied("a", 3)).containsExactly(3L);
        deduplicator.forget("a");

        assertThat(deduplicator.lastIds()).isEmpty();
        assertThat(applied("a", 3)).containsExactly(3L);
    }
}
