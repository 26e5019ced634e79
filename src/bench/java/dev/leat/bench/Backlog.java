package dev.leat.bench;

import dev.leat.consume.Unpacker;
import dev.leat.localstream.KeptRecord;
import dev.leat.testkit.TestDatabase;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** An attached table, whose changes fill the outbox, and a check of the records that they become. */
final class Backlog {

    /** The table's rows: a thousand, or what {@code -Dleat.bench.keys} says. */
    static final int KEYS = Integer.getInteger("leat.bench.keys", 1_000);

    /** Creates the table and its rows. */
    static final String TABLE = "CREATE TABLE item (id int PRIMARY KEY, version int NOT NULL, note text NOT NULL);"
            + "INSERT INTO item SELECT n, 0, repeat('x', 60) FROM generate_series(1, " + KEYS + ") n";

    private static final String HOT = "public.item.1";

    private final TestDatabase database;
    private final Source source;

    /** A backlog in Leat's outbox. */
    Backlog(TestDatabase database) {
        this(database, Source.OUTBOX);
    }

    Backlog(TestDatabase database, Source source) {
        this.database = database;
        this.source = source;
        database.idsFromOne();
        database.run(TABLE);
        source.prepare(database);
    }

    /** Changes every row equally often, until this many events wait. The triggers capture them as usual. */
    void fill(int events) {
        database.run("TRUNCATE leat_internal.outbox");
        for (int n = 0; n < events / KEYS; n++) {
            database.run("UPDATE item SET version = version + 1");
        }
        // Not in a measured part.
        database.superuser("CHECKPOINT");
    }

    /**
     * Each transaction changes one row. A share of them change the hot row and the rest one of the others, so that both kinds of changes are
     * mixed.
     *
     * @param hot the share of the hot row
     */
    void fill(int events, double hot) {
        if (hot == 0) {
            fill(events);
            return;
        }
        database.run("TRUNCATE leat_internal.outbox");
        database.run("""
                DO $$ BEGIN FOR n IN 1..%s LOOP
                    UPDATE item SET version = version + 1
                    WHERE id = CASE WHEN n %% 100 < %s THEN 1 ELSE 2 + n %% 997 END;
                END LOOP; END $$""".formatted(events, Math.round(100 * hot)));
        database.superuser("CHECKPOINT");
    }

    /** Whether the record is of the row that {@link #fill(int, double)} makes hot. */
    static boolean hot(KeptRecord record) {
        return record.partitionKey().equals(HOT);
    }

    /** Changes the rows for which the condition holds as often as it takes, all of them equally, in one transaction. */
    void fillAtOnce(int events, String condition) {
        int rows = Integer.parseInt(String.valueOf(database.value("SELECT count(*) FROM item WHERE " + condition)));
        String update = "UPDATE item SET version = version + 1 WHERE " + condition + ";";
        database.run(update.repeat(Math.max(1, events / rows)));
    }

    /** The numbers of the changes that wait: ids, or all the versions that rows have had. */
    BitSet waiting() {
        BitSet numbers = new BitSet();
        if (source == Source.OUTBOX) {
            for (List<?> row : database.rows("SELECT id FROM leat_internal.outbox")) {
                numbers.set(Integer.parseInt(String.valueOf(row.get(0))));
            }
            return numbers;
        }
        for (List<?> row : database.rows("SELECT id, version FROM item")) {
            int id = Integer.parseInt(String.valueOf(row.get(0)));
            for (int version = Integer.parseInt(String.valueOf(row.get(1))); version > 0; version--) {
                numbers.set(Source.number(version, id));
            }
        }
        return numbers;
    }

    /** The highest id drawn: later events have higher ids. */
    int drawn() {
        return Integer.parseInt(
                String.valueOf(
                        database.value(
                                "SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM leat_internal.outbox_id_seq")));
    }

    /** Whether no event waits, once so many records of the changes have arrived: an aggregate has several. */
    boolean carried(BitSet expected, long arrived) {
        return source == Source.OUTBOX ? settled() : arrived >= expected.cardinality();
    }

    /** Whether the outbox is empty. */
    boolean settled() {
        return "0".equals(database.value("SELECT count(*) FROM leat_internal.outbox"));
    }

    /**
     * The faults in what arrived: lost events, and first deliveries that came after a later event of their key.
     *
     * @param late first deliveries after a later event of their key
     * @param twice repetitions
     */
    record Check(int lost, int late, int twice) {

        /** Whether nothing was lost and each key's events came in order. */
        boolean right() {
            return lost == 0 && late == 0;
        }

        static Check sum(Collection<Check> checks) {
            return new Check(
                    checks.stream().mapToInt(Check::lost).sum(),
                    checks.stream().mapToInt(Check::late).sum(),
                    checks.stream().mapToInt(Check::twice).sum());
        }

        @Override
        public String toString() {
            return lost + ", " + late + ", " + twice;
        }
    }

    Check check(BitSet expected, List<KeptRecord> records) {
        BitSet missing = (BitSet) expected.clone();
        Map<String, Integer> last = new HashMap<>();
        int late = 0;
        int twice = 0;
        for (KeptRecord record : records) {
            for (byte[] event : Unpacker.unpack(record.data())) {
                String text = new String(event, StandardCharsets.UTF_8);
                int number = source.number(text);
                if (!missing.get(number)) {
                    twice++;
                    continue;
                }
                missing.clear(number);
                // Lines have no partition key of their own.
                String key = source.key(text);
                Integer before = last.get(key);
                if (before != null && before > number) {
                    late++;
                } else {
                    last.put(key, number);
                }
            }
        }
        return new Check(missing.cardinality(), late, twice);
    }
}
