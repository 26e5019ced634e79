package dev.leat.chaos;

import dev.leat.demo.Verdict;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** One round, from the start of the first poller to the verdict. */
final class Round {

    /** For what has no promised bound, on a machine that may be busy with other things. */
    private static final Duration PATIENCE = Duration.ofSeconds(180);

    private final Plan plan;
    private final List<String> wrong = new ArrayList<>();
    private Map<Kind, Integer> struck = Map.of();
    private long faults;
    private Duration recovered = Duration.ZERO;
    private @Nullable Verdict verdict;

    Round(Plan plan) {
        this.plan = plan;
    }

    /** Runs to the verdict. The logs of a round that went wrong are kept below {@code target/chaos}. */
    Report run() {
        try (Arena arena = new Arena(plan)) {
            try {
                carry(arena);
            } catch (Exception | AssertionError e) {
                StringBuilder text = new StringBuilder(e.toString());
                for (StackTraceElement at : e.getStackTrace()) {
                    text.append("\n    at ").append(at);
                }
                wrong.add(text.toString());
            }
            wrong.addAll(arena.crew().wrong());
            if (!wrong.isEmpty()) {
                arena.crew().keepLogs(Path.of("target", "chaos", "seed-" + plan.seed()));
            }
        } catch (Exception e) {
            wrong.add(e.toString());
        }
        return new Report(plan, struck, faults, recovered, verdict, wrong);
    }

    private void carry(Arena arena) throws Exception {
        arena.crew().want(plan.pollers());
        arena.awaitCrew(PATIENCE);
        arena.drain(PATIENCE);
        arena.writers().start();
        arena.loads().begin(new Random(plan.seed()));
        Storm storm = new Storm(arena);
        struck = storm.struck();
        try {
            storm.rage();
        } finally {
            storm.end();
        }
        long healed = System.nanoTime();
        arena.writers().close();
        arena.writers().check();
        faults = arena.stream().faultsInjected();
        // Who came in the midst of it may have found no stream, and have ended.
        arena.awaitCrew(PATIENCE);
        arena.drain(PATIENCE);
        arena.loads().end(PATIENCE);
        recovered = Duration.ofNanos(System.nanoTime() - healed);
        arena.crew().dismissAll();
        arena.drain(PATIENCE);
        arena.readToTheEnd();
        judge(arena);
    }

    private void judge(Arena arena) {
        verdict = arena.audit().verdict();
        if (!verdict.inOrderNothingLost()) {
            wrong.add(verdict.toString());
        }
        wrong.addAll(arena.loads().missed(arena.audit()::loaded));
        for (String table : List.of("outbox", "quarantine")) {
            String left = arena.database().value("SELECT count(*) FROM leat_internal." + table);
            if (!"0".equals(left)) {
                wrong.add(left + " rows are left in leat_internal." + table);
            }
        }
        if (verdict.duplicates() > 0 && !plan.mayRepeat() && !arena.crew().excused()) {
            wrong.add(verdict.duplicates() + " events came again without a cause");
        }
    }
}
