package dev.leat.chaos;

import dev.leat.demo.Verdict;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.kinesis.KinesisClient;

/** One round, from the start of the first poller to the verdict. */
final class Round {

    /** For what has no promised bound, on a machine that may be busy with other things. */
    private static final Duration PATIENCE = Duration.ofSeconds(180);

    /** What comes between the stream and a comparison: nothing, but in tests of the comparison. */
    interface Reading {
        KinesisClient of(TestSystem system);
    }

    private final Plan plan;
    private final Reading reading;
    private final List<String> wrong = new ArrayList<>();
    private Map<Kind, Integer> started = Map.of();
    private long faults;
    private Duration recovered = Duration.ZERO;
    private @Nullable Verdict verdict;

    Round(Plan plan) {
        this(plan, TestSystem::consumer);
    }

    Round(Plan plan, Reading reading) {
        this.plan = plan;
        this.reading = reading;
    }

    /** Runs to the verdict. The logs of a round that went wrong are kept below {@code target/chaos}. */
    Report run() {
        try (TestSystem system = new TestSystem(plan)) {
            try {
                carry(system);
            } catch (Exception | AssertionError e) {
                StringBuilder text = new StringBuilder(e.toString());
                for (StackTraceElement at : e.getStackTrace()) {
                    text.append("\n    at ").append(at);
                }
                wrong.add(text.toString());
            }
            wrong.addAll(system.supervisor().wrong());
            if (!wrong.isEmpty()) {
                system.supervisor().keepLogs(Path.of("target", "chaos", "seed-" + plan.seed()));
            }
        } catch (Exception e) {
            wrong.add(e.toString());
        }
        return new Report(plan, started, faults, recovered, verdict, wrong);
    }

    private void carry(TestSystem system) throws Exception {
        system.supervisor().want(plan.pollers());
        system.awaitPollers(PATIENCE);
        system.drain(PATIENCE);
        system.writers().start();
        system.loads().begin(new Random(plan.seed()));
        Disturbances disturbances = new Disturbances(system);
        started = disturbances.started();
        try {
            disturbances.run();
        } finally {
            disturbances.end();
        }
        long healed = System.nanoTime();
        system.writers().close();
        system.writers().check();
        faults = system.stream().faultsInjected();
        // Who came in the midst of it may have found no stream, and have ended.
        system.awaitPollers(PATIENCE);
        system.drain(PATIENCE);
        system.loads().end(PATIENCE);
        Replays.end(system.database(), PATIENCE);
        recovered = Duration.ofNanos(System.nanoTime() - healed);
        wrong.addAll(new TableComparisons(system.database(), reading.of(system), PATIENCE).differences());
        system.supervisor().dismissAll();
        system.drain(PATIENCE);
        system.readToTheEnd();
        judge(system);
    }

    private void judge(TestSystem system) {
        verdict = system.audit().verdict();
        if (!verdict.inOrderNothingLost()) {
            wrong.add(verdict.toString());
        }
        wrong.addAll(system.loads().missed(system.audit()::loaded));
        for (String table : List.of("outbox", "quarantine")) {
            String left = system.database().value("SELECT count(*) FROM leat_internal." + table);
            if (!"0".equals(left)) {
                wrong.add(left + " rows are left in leat_internal." + table);
            }
        }
        if (verdict.duplicates() > 0
                && !plan.mayRepeat()
                && !system.supervisor().excused()) {
            wrong.add(verdict.duplicates() + " events came again without a cause");
        }
    }
}
