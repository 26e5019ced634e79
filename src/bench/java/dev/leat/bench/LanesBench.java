package dev.leat.bench;

import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;

/**
 * Shows why there are 64 lanes: the cost of a claim of 500 events of all lanes or of a part of them, in turns; and, computed, how evenly keys
 * with equal traffic would be distributed to pollers with fewer or more lanes.
 */
@CommandLine.Command(name = "lanes", mixinStandardHelpOptions = true)
public final class LanesBench implements Runnable {

    private static final int LANES = 64;
    private static final int EVENTS = 500;

    @CommandLine.Option(names = "--rounds", defaultValue = "20", description = "Of draining with each part.")
    private int rounds;

    public static void main(String[] args) {
        System.exit(new CommandLine(new LanesBench()).execute(args));
    }

    @Override
    public void run() {
        List<TestDatabase> databases = new ArrayList<>();
        try {
            Map<Integer, Side> sides = new LinkedHashMap<>();
            for (int taken : new int[] {LANES, 32, 16, 4, 1}) {
                // Each has its own: what one does not know of another's claims would cost it.
                databases.add(TestServer.shared().database());
                sides.put(taken, new Side(databases.get(databases.size() - 1), LANES / taken));
            }
            for (int round = 0; round < rounds; round++) {
                sides.forEach((taken, side) -> {
                    int events = EVENTS * LANES / taken;
                    side.write(events);
                    side.timeEach(events);
                });
            }
            System.out.println(
                    "| lanes that a claim takes | CPU of a claim of about 500 events, with its settlement |");
            System.out.println("|---|---|");
            sides.forEach((taken, side) -> System.out.println("| " + taken + " | " + side.spread() + " |"));
        } finally {
            databases.forEach(TestDatabase::close);
        }
        System.out.println("| lanes | the busiest of 4 pollers has, of an even share | of 16 | of 64 |");
        System.out.println("|---|---|---|---|");
        for (int lanes : new int[] {8, 16, 32, LANES, 256}) {
            System.out.printf(
                    "| %d | %.2f | %.2f | %.2f |%n", lanes, worst(lanes, 4), worst(lanes, 16), worst(lanes, 64));
        }
    }

    /** How much more than an even share of a thousand keys the busiest poller has, each with an even part of the lanes. */
    private static double worst(int lanes, int pollers) {
        int[] keys = new int[pollers];
        for (int key = 1; key <= Backlog.KEYS; key++) {
            keys[lane("public.item." + key, lanes) * pollers / Math.max(lanes, pollers)]++;
        }
        return (double) Arrays.stream(keys).max().orElseThrow() * pollers / Backlog.KEYS;
    }

    /** The top bits of the key's MD5. */
    private static int lane(String key, int lanes) {
        try {
            byte[] digest = MessageDigest.getInstance("MD5").digest(key.getBytes(StandardCharsets.UTF_8));
            return new BigInteger(1, digest)
                    .shiftRight(128 - Integer.numberOfTrailingZeros(lanes))
                    .intValue();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
