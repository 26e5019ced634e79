package dev.leat.soak;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.leat.demo.Truth;
import dev.leat.demo.Verdict;
import dev.leat.localstream.Faults;
import dev.leat.testkit.Audit;
import dev.leat.testkit.LeatProcess;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import dev.leat.testkit.TestStream;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import picocli.CommandLine;

/**
 * Runs writers, two pollers and a consumer for hours, with a few failing entries. At each tenth sample one of the pollers is killed and
 * started again. The run fails if a change is lost or out of order, or if the other poller's memory, the outbox's size or the time of a
 * claim has risen from the first third of the run to the last. Linux only: memory is read from /proc.
 */
@CommandLine.Command(name = "soak", mixinStandardHelpOptions = true)
public final class Soak implements Runnable {

    private static final int SAMPLES_EACH_POLLER = 10;

    /** What a figure may rise by before it counts as a leak; medians of noisy figures differ by less. */
    private static final double MEMORY_RISE = 1.25;

    private static final double OUTBOX_RISE = 2;
    private static final double CLAIM_RISE = 2;

    @CommandLine.Option(names = "--hours", defaultValue = "8", description = "How long; 0.5 is half an hour.")
    private double hours;

    @CommandLine.Option(names = "--rate", defaultValue = "200", description = "Transactions a second.")
    private int rate;

    @CommandLine.Option(names = "--every", defaultValue = "60", description = "Seconds between two samples.")
    private int every;

    @CommandLine.Option(names = "--seed", defaultValue = "1", description = "Of the writers and the faults.")
    private long seed;

    private final Trend trend = new Trend();

    public static void main(String[] args) {
        System.exit(new CommandLine(new Soak()).execute(args));
    }

    @Override
    public void run() {
        try (TestDatabase database = TestServer.shared().database();
                TestDatabase unused = TestServer.shared().database();
                TestStream stream = new TestStream(4)) {
            Truth truth = new Truth(database.owner());
            truth.install();
            try (SoakWriters writers = new SoakWriters(database.owner(), rate, seed);
                    Audit audit = new Audit(truth, stream.client(), TestStream.NAME);
                    HikariDataSource pool = new HikariDataSource(pool(database));
                    HikariDataSource control = new HikariDataSource(pool(unused))) {
                stream.local().faults(Faults.none().seed(seed).failingEntries(0.01));
                LeatProcess.Environment environment = new LeatProcess.Environment(
                        database, TestServer.OWNER, stream.local().endpoint(), TestStream.NAME);
                writers.start();
                try (LeatProcess lasting = LeatProcess.start(environment, "run")) {
                    soak(() -> Sample.take(lasting, database, pool, control), audit, environment);
                    writers.finish();
                    audit.drain(Duration.ofMinutes(2));
                    judge(audit.verdict());
                }
            }
        } catch (Exception e) {
            throw new IllegalStateException("the soak (seed " + seed + ") failed: " + e.getMessage(), e);
        }
    }

    private void soak(Supplier<Sample> look, Audit audit, LeatProcess.Environment environment) throws SQLException {
        int samples = (int) Math.round(hours * 3600 / every);
        LeatProcess passing = LeatProcess.start(environment, "run");
        try {
            for (int n = 1; n <= samples; n++) {
                audit.lookOn(Duration.ofSeconds(every));
                Sample sample = look.get();
                trend.add(sample);
                System.out.printf(
                        "sample %d of %d: %.0f MiB, outbox %.0f KiB, claim %.2f of an unused one, %d waiting, %,d records read%n",
                        n,
                        samples,
                        sample.memoryMiB(),
                        sample.outboxKiB(),
                        sample.claim(),
                        sample.waiting(),
                        audit.read());
                if (n % SAMPLES_EACH_POLLER == 0) {
                    passing.kill();
                    passing = LeatProcess.start(environment, "run");
                }
            }
        } finally {
            passing.close();
        }
    }

    private void judge(Verdict verdict) {
        System.out.printf(
                "%,d changes, %,d repetitions: %s%n", verdict.committed(), verdict.duplicates(), verdict.headline());
        boolean right = verdict.inOrderNothingLost();
        right &= flat(trend.of("memory (MiB)", Sample::memoryMiB), MEMORY_RISE);
        right &= flat(trend.of("outbox (KiB)", Sample::outboxKiB), OUTBOX_RISE);
        right &= flat(trend.of("claim (of an unused outbox)", Sample::claim), CLAIM_RISE);
        if (!right) {
            throw new IllegalStateException("see above; " + List.of(verdict));
        }
    }

    private static boolean flat(Trend.Flatness flatness, double limit) {
        boolean flat = flatness.rise() <= limit;
        System.out.println(flatness + (flat ? "" : ", above the limit of " + limit));
        return flat;
    }

    private static HikariConfig pool(TestDatabase database) {
        HikariConfig config = new HikariConfig();
        config.setDataSource(database.owner());
        config.setMaximumPoolSize(2);
        return config;
    }
}
