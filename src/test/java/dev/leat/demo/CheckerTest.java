package dev.leat.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class CheckerTest {

    private static final String KEY = "public.t.1";
    private static final String ROW = KEY + "|1";
    private static final Change CREATED = change("c", null, 1L);
    private static final Change UPDATED = change("u", 1L, 2L);
    private static final Change DELETED = change("d", 2L, null);
    private static final Change CREATED_AGAIN = change("c", null, 9L);

    private final Checker checker = new Checker();

    private static Change change(String op, @Nullable Long before, @Nullable Long after) {
        return new Change(ROW, op, before, after);
    }

    private static Change loaded(long version) {
        return change("r", null, version);
    }

    private void committed(Change... changes) {
        List.of(changes).forEach(checker::expect);
    }

    private void delivered(long id, Change change) {
        checker.deliver(new Delivery(change, KEY, id, 0));
    }

    @Test
    void theCommittedHistoryInOrderIsRight() {
        committed(CREATED, UPDATED, DELETED, CREATED_AGAIN);
        delivered(3, CREATED);
        delivered(5, UPDATED);
        delivered(6, DELETED);
        delivered(8, CREATED_AGAIN);
        assertThat(checker.verdict().headline()).isEqualTo("in order, nothing lost");
        assertThat(checker.behind()).isZero();
    }

    @Test
    void itDoesNotMatterWhichSideIsHeardFirst() {
        delivered(3, CREATED);
        committed(CREATED, UPDATED);
        delivered(5, UPDATED);
        delivered(6, DELETED);
        committed(DELETED);
        assertThat(checker.verdict().inOrderNothingLost()).isTrue();
    }

    @Test
    void aRepeatedSuffixIsCountedAndRight() {
        committed(CREATED, UPDATED, DELETED);
        delivered(3, CREATED);
        delivered(5, UPDATED);
        delivered(3, CREATED);
        delivered(5, UPDATED);
        delivered(6, DELETED);
        assertThat(checker.verdict().duplicates()).isEqualTo(2);
        assertThat(checker.verdict().inOrderNothingLost()).isTrue();
    }

    @Test
    void aRepetitionBehindANewerOneIsToldFromOneOfTheNewest() {
        committed(CREATED, UPDATED, DELETED);
        delivered(3, CREATED);
        delivered(3, CREATED);
        delivered(5, UPDATED);
        delivered(6, DELETED);
        assertThat(checker.verdict().duplicates()).isEqualTo(1);
        assertThat(checker.verdict().replayedBack()).isZero();
        delivered(5, UPDATED);
        assertThat(checker.verdict().duplicates()).isEqualTo(2);
        assertThat(checker.verdict().replayedBack()).isEqualTo(1);
        assertThat(checker.verdict().inOrderNothingLost()).isTrue();
    }

    @Test
    void whatIsLostAtTheEndIsMissing() {
        committed(CREATED, UPDATED);
        delivered(3, CREATED);
        assertThat(checker.verdict().missing()).isEqualTo(1);
        assertThat(checker.verdict().headline()).isEqualTo("WRONG: 1 lost");
        assertThat(checker.behind()).isEqualTo(1);
    }

    @Test
    void whatIsLostInTheMiddleIsMissingAndNothingElseIsBlamed() {
        committed(CREATED, UPDATED, DELETED, CREATED_AGAIN);
        delivered(3, CREATED);
        delivered(6, DELETED);
        delivered(7, CREATED_AGAIN);
        assertThat(checker.verdict().headline()).isEqualTo("WRONG: 1 lost");
    }

    @Test
    void aChangeThatComesAfterItsSuccessorIsOutOfOrderThoughItsIdsRise() {
        committed(CREATED, UPDATED, DELETED);
        delivered(3, CREATED);
        delivered(5, DELETED);
        delivered(6, UPDATED);
        assertThat(checker.verdict().headline()).isEqualTo("WRONG: 1 out of order");
    }

    @Test
    void anIdBelowItsPredecessorsIsFoundThoughTheHistoryIsRight() {
        committed(CREATED, UPDATED);
        delivered(5, CREATED);
        delivered(4, UPDATED);
        assertThat(checker.verdict().fallingIds()).isEqualTo(1);
        assertThat(checker.verdict().outOfOrder()).isZero();
        assertThat(checker.verdict().inOrderNothingLost()).isFalse();
    }

    @Test
    void idsOfDifferentKeysHaveNoOrder() {
        Change elsewhere = new Change("public.t.2|2", "c", null, 4L);
        committed(CREATED, elsewhere);
        delivered(5, CREATED);
        checker.deliver(new Delivery(elsewhere, "public.t.2", 4, 0));
        assertThat(checker.verdict().inOrderNothingLost()).isTrue();
    }

    @Test
    void aRolledBackChangeIsUnexpected() {
        committed(CREATED);
        delivered(3, CREATED);
        delivered(4, change("u", 1L, 7L));
        assertThat(checker.verdict().headline()).isEqualTo("WRONG: 1 not committed");
    }

    @Test
    void aChangeToldTwiceUnderTwoIdsIsUnexpected() {
        committed(CREATED, UPDATED);
        delivered(3, CREATED);
        delivered(4, UPDATED);
        delivered(5, UPDATED);
        assertThat(checker.verdict().headline()).isEqualTo("WRONG: 1 not committed");
    }

    @Test
    void aChangeUnderAnotherKeyIsMissingAndUnexpected() {
        committed(CREATED);
        checker.deliver(new Delivery(new Change("public.t.2|1", "c", null, 1L), "public.t.2", 3, 0));
        assertThat(checker.verdict().missing()).isEqualTo(1);
        assertThat(checker.verdict().unexpected()).isEqualTo(1);
    }

    @Test
    void aLoadedRowIsWhatTheChangesBeforeItHaveMade() {
        committed(CREATED, UPDATED);
        delivered(3, CREATED);
        delivered(4, loaded(1));
        delivered(5, UPDATED);
        delivered(6, loaded(2));
        delivered(6, loaded(2));
        assertThat(checker.verdict().headline()).isEqualTo("in order, nothing lost");
        assertThat(checker.loaded(ROW)).isEqualTo(2);
        assertThat(checker.behind()).isZero();
    }

    @Test
    void aLoadedRowThatIsOlderOrNewerThanTheChangesBeforeItIsFound() {
        committed(CREATED, UPDATED, DELETED);
        delivered(3, CREATED);
        delivered(4, loaded(2));
        delivered(5, UPDATED);
        delivered(6, loaded(1));
        delivered(7, DELETED);
        delivered(8, loaded(2));
        assertThat(checker.verdict().headline()).isEqualTo("WRONG: 3 loaded out of order");
    }

    @Test
    void domainEventsFollowEachOtherInTheOrderOfTheTruth() {
        Change first = new Change("order-1", "m", null, 1L);
        Change second = new Change("order-1", "m", null, 2L);
        committed(first, second);
        checker.deliver(new Delivery(second, "order-1", 4, 0));
        checker.deliver(new Delivery(first, "order-1", 5, 0));
        assertThat(checker.verdict().headline()).isEqualTo("WRONG: 1 out of order");
    }

    @Test
    void aTruthWithAGapBlamesItself() {
        committed(CREATED, DELETED);
        delivered(3, CREATED);
        delivered(4, DELETED);
        assertThat(checker.verdict().contradictions()).isEqualTo(1);
        assertThat(checker.verdict().inOrderNothingLost()).isFalse();
    }

    /** Breaks right deliveries of random histories in one place, and expects each break to be found. */
    @Test
    void everyBreakOfARandomHistoryIsFound() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < 2_000; round++) {
            List<Delivery> right = randomDeliveries(random);
            List<Delivery> broken = new ArrayList<>(right);
            String wrong = broken(broken, random);
            Checker both = new Checker();
            right.forEach(delivery -> both.expect(delivery.change()));
            assertThat(both.verdict().missing()).isEqualTo(right.size());
            broken.forEach(both::deliver);
            assertThat(both.verdict().inOrderNothingLost())
                    .as("%s, seed %d, round %d: %s", wrong, seed, round, broken)
                    .isEqualTo(wrong.equals("nothing"));
        }
    }

    private static List<Delivery> randomDeliveries(Random random) {
        List<Delivery> deliveries = new ArrayList<>();
        Map<String, Long> versions = new HashMap<>();
        int length = 3 + random.nextInt(20);
        for (int id = 1; id <= length; id++) {
            String key = "public.t." + random.nextInt(3);
            Long before = versions.get(key);
            Long after = before != null && random.nextInt(4) == 0 ? null : Long.valueOf(id);
            versions.put(key, after);
            String op = before == null ? "c" : after == null ? "d" : "u";
            deliveries.add(new Delivery(new Change(key + "|", op, before, after), key, id, 0));
        }
        return deliveries;
    }

    private static String broken(List<Delivery> deliveries, Random random) {
        int place = random.nextInt(deliveries.size());
        switch (random.nextInt(7)) {
            case 0 -> {
                return "nothing";
            }
            case 1 -> {
                deliveries.remove(place);
                return "lost";
            }
            case 2 -> {
                Delivery told = deliveries.get(place);
                deliveries.add(new Delivery(told.change(), told.partitionKey(), 1_000, 0));
                return "told twice under two ids";
            }
            case 3 -> {
                deliveries.add(place, deliveries.get(place));
                return "nothing";
            }
            case 4 -> {
                deliveries.add(deliveries.get(place));
                return "nothing";
            }
            case 5 -> {
                Delivery told = deliveries.get(place);
                Change undone = new Change(told.change().history(), "u", told.id(), 1_000L);
                deliveries.add(random.nextInt(1 + deliveries.size()), new Delivery(undone, "public.t.9", 1_000, 0));
                return "a change that was rolled back";
            }
            default -> {
                for (int other = place + 1; other < deliveries.size(); other++) {
                    if (deliveries
                            .get(other)
                            .partitionKey()
                            .equals(deliveries.get(place).partitionKey())) {
                        Collections.swap(deliveries, place, other);
                        return "swapped";
                    }
                }
                return "nothing";
            }
        }
    }
}
