package dev.leat.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class WatermarkTest {

    private Watermark watermark = Watermark.UNKNOWN;

    @Test
    void nobodyHoldingALockProvesAtOnce() {
        watermark = watermark.look(7, Set.of());
        assertThat(watermark.proven()).isEqualTo(7);
    }

    @Test
    void aHolderDelaysTheProofUntilItIsGoneWhoeverElseCame() {
        watermark = watermark.look(7, Set.of("3/1"));
        watermark = watermark.look(9, Set.of("3/1", "4/1"));
        assertThat(watermark.proven()).isZero();
        watermark = watermark.look(9, Set.of("4/1"));
        assertThat(watermark.proven()).isEqualTo(7);
    }

    @Test
    void aHolderThatPreparesItsTransactionStillDelaysTheProof() {
        watermark = watermark.look(7, Set.of("3/1"));
        watermark = watermark.look(7, Set.of("-1/900"));
        assertThat(watermark.proven()).isZero();
        watermark = watermark.look(7, Set.of());
        assertThat(watermark.proven()).isEqualTo(7);
    }

    @Test
    void aStreamOfPreparedTransactionsDoesNotStarveTheProof() {
        watermark = watermark.look(7, Set.of("-1/900"));
        watermark = watermark.look(8, Set.of("-1/901"));
        assertThat(watermark.proven()).isEqualTo(7);
    }

    @Test
    void aTransactionPreparedWhileTheHolderWasStillThereIsNotTakenForIt() {
        watermark = watermark.look(7, Set.of("3/1"));
        watermark = watermark.look(8, Set.of("3/1", "-1/900"));
        watermark = watermark.look(9, Set.of("-1/900"));
        assertThat(watermark.proven()).isEqualTo(7);
    }

    @Test
    void aSequenceBelowTheProofIsRefused() {
        watermark = watermark.look(7, Set.of());
        assertThatThrownBy(() -> watermark.look(6, Set.of())).isInstanceOf(Watermark.SequenceWentBack.class);
    }

    /** A model of writers that lock, draw, prepare, commit and abort in any order, against what the watermark claims. */
    @Test
    void whatIsProvenNeverLiesAboveAnUndecidedId() {
        long seed = Long.getLong("leat.test.seed", System.nanoTime());
        System.out.println("WatermarkTest: -Dleat.test.seed=" + seed);
        Random random = new Random(seed);
        for (int round = 0; round < 300; round++) {
            Model model = new Model(random);
            Watermark proof = Watermark.UNKNOWN;
            for (int step = 0; step < 200; step++) {
                model.step();
                if (random.nextInt(4) == 0) {
                    long drawn = model.drawn;
                    for (int between = random.nextInt(6); between > 0; between--) {
                        model.step();
                    }
                    proof = proof.look(drawn, model.holders());
                    assertThat(proof.proven())
                            .as("seed %d, round %d, step %d", seed, round, step)
                            .isLessThan(model.lowestUndecided());
                }
            }
            model.endAll();
            proof = proof.look(model.drawn, Set.of());
            proof = proof.look(model.drawn, Set.of());
            assertThat(proof.proven()).isEqualTo(model.drawn);
        }
    }

    private static final class Model {
        private final Random random;
        private final List<Writer> writers = new ArrayList<>();
        private long drawn;
        private int names;

        Model(Random random) {
            this.random = random;
        }

        void step() {
            int choice = random.nextInt(10);
            if (choice < 3 || writers.isEmpty()) {
                writers.add(new Writer(++names + "/1"));
                return;
            }
            Writer writer = writers.get(random.nextInt(writers.size()));
            if (choice < 7 && !writer.name.startsWith("-1/")) {
                writer.ids.add(++drawn);
            } else if (choice == 7 && !writer.name.startsWith("-1/")) {
                writer.name = "-1/" + ++names;
            } else {
                writers.remove(writer);
            }
        }

        Set<String> holders() {
            Set<String> holders = new HashSet<>();
            writers.forEach(writer -> holders.add(writer.name));
            return holders;
        }

        long lowestUndecided() {
            return writers.stream()
                    .flatMap(writer -> writer.ids.stream())
                    .mapToLong(Long::longValue)
                    .min()
                    .orElse(Long.MAX_VALUE);
        }

        void endAll() {
            writers.clear();
        }
    }

    private static final class Writer {
        private String name;
        private final List<Long> ids = new ArrayList<>();

        Writer(String name) {
            this.name = name;
        }
    }
}
