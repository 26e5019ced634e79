package dev.leat.bench;

import dev.leat.bench.CaptureSide.Slice;
import dev.leat.bench.CaptureSide.Way;
import dev.leat.testkit.OwnServer;
import dev.leat.testkit.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Measures the cost of capture for the writer: single updates that commit by themselves, transactions like TPC-B's, and statements of many
 * rows. The tables have no trigger, are captured by the row, are captured by the statement, or have a trigger that waits 15 ms, like one that
 * makes a network call. All run in turns. After each slice every change must have been captured once and in order.
 */
public final class CaptureBench {

    private static final int ROUNDS = Integer.getInteger("leat.bench.rounds", 7);
    private static final Duration SLICE = Duration.ofMillis(Integer.getInteger("leat.bench.millis", 2000));
    private static final boolean BULK = !"false".equals(System.getProperty("leat.bench.bulk"));
    private static final int CALLED_ROWS = 20;

    private CaptureBench() {}

    public static void main(String[] args) throws SQLException {
        for (String fsync : new String[] {"off", "on"}) {
            try (OwnServer server = OwnServer.create(Map.of("fsync", fsync));
                    TestDatabase database = server.database()) {
                System.out.println("PostgreSQL " + server.server().value("SHOW server_version") + ", fsync " + fsync);
                List<CaptureSide> sides = new ArrayList<>();
                for (Way way : Way.values()) {
                    sides.add(new CaptureSide(way, connection(database)));
                }
                rates("updates of one row, committed by themselves", sides, side -> side.singleRows(SLICE));
                rates("changes in transactions of four", sides, side -> side.transactions(SLICE));
                if (BULK && fsync.equals("off")) {
                    bulk(sides, 1_000);
                    bulk(sides, 100_000);
                }
                for (CaptureSide side : sides) {
                    side.close();
                }
            }
        }
    }

    private static Connection connection(TestDatabase database) throws SQLException {
        PGSimpleDataSource owner = database.owner();
        owner.setPrepareThreshold(1);
        return owner.getConnection();
    }

    private interface Measure {
        Slice of(CaptureSide side) throws SQLException;
    }

    private static void rates(String what, List<CaptureSide> sides, Measure measure) throws SQLException {
        Map<Way, List<Slice>> slices = new EnumMap<>(Way.class);
        for (int round = 0; round <= ROUNDS; round++) {
            for (CaptureSide side : inTurn(sides, round)) {
                Slice slice = measure.of(side);
                // The first round fills caches.
                if (round > 0) {
                    slices.computeIfAbsent(side.way(), way -> new ArrayList<>()).add(slice);
                }
            }
        }
        System.out.println(what + ", median (10th to 90th percentile) of " + ROUNDS + " slices of " + SLICE.toMillis()
                + " ms, and the median of the ratios to the slice without a trigger in the same round");
        List<Slice> none = slices.getOrDefault(Way.NONE, List.of());
        slices.forEach((way, of) -> System.out.printf(
                "| %s | %s /s | %.2f | %s µs | %.2f |%n",
                way.said,
                spread(of, Slice::perSecond, "%.0f"),
                ratio(of, none, Slice::perSecond),
                spread(of, Slice::cpuMicrosPerChange, "%.1f"),
                ratio(of, none, Slice::cpuMicrosPerChange)));
    }

    private static void bulk(List<CaptureSide> sides, int rows) throws SQLException {
        List<Map<Way, List<Slice>>> kinds = new ArrayList<>();
        List<String> names = List.of("insert", "update", "delete");
        names.forEach(name -> kinds.add(new EnumMap<>(Way.class)));
        for (int round = 0; round <= ROUNDS; round++) {
            for (CaptureSide side : inTurn(sides, round)) {
                int count = side.way() == Way.CALL ? CALLED_ROWS : rows;
                Slice[] three = {side.insert(count), side.update(count), side.delete(count)};
                for (int kind = 0; kind < three.length && round > 0; kind++) {
                    kinds.get(kind)
                            .computeIfAbsent(side.way(), way -> new ArrayList<>())
                            .add(three[kind]);
                }
            }
        }
        for (int kind = 0; kind < names.size(); kind++) {
            System.out.println(names.get(kind) + " of " + rows + " rows by one statement (" + CALLED_ROWS
                    + " with the call), µs a row by the clock and of processor time, median (10th to 90th percentile)");
            kinds.get(kind)
                    .forEach((way, of) -> System.out.printf(
                            "| %s | %s | %s |%n",
                            way.said,
                            spread(of, Slice::microsPerChange, "%.1f"),
                            spread(of, Slice::cpuMicrosPerChange, "%.1f")));
        }
    }

    private static List<CaptureSide> inTurn(List<CaptureSide> sides, int round) {
        List<CaptureSide> turned = new ArrayList<>(sides);
        if (round % 2 == 1) {
            Collections.reverse(turned);
        }
        return turned;
    }

    private static String spread(List<Slice> slices, ToDoubleFunction<Slice> of, String format) {
        double[] sorted = slices.stream().mapToDouble(of).sorted().toArray();
        return (format + " (" + format + " to " + format + ")")
                .formatted(quantile(sorted, 0.5), quantile(sorted, 0.1), quantile(sorted, 0.9));
    }

    private static double ratio(List<Slice> slices, List<Slice> none, ToDoubleFunction<Slice> of) {
        double[] ratios = new double[slices.size()];
        for (int round = 0; round < ratios.length; round++) {
            ratios[round] = of.applyAsDouble(slices.get(round)) / of.applyAsDouble(none.get(round));
        }
        Arrays.sort(ratios);
        return quantile(ratios, 0.5);
    }

    private static double quantile(double[] sorted, double share) {
        return sorted[(int) Math.min(sorted.length - 1L, Math.round(Math.floor(share * sorted.length)))];
    }
}
