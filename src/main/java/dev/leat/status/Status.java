package dev.leat.status;

import dev.leat.Operation;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The state of Leat in a database, as {@code leat status} shows it.
 *
 * @param schemaVersion of Leat's schema
 * @param faults what is severely wrong with Leat's own tables, and what to do about it: with row security, or without the rows that
 *     Leat rests on, all the rest of this says nothing
 * @param tables those attached, and those with events counted or pending; domain events are one without a name
 * @param pollers those on the list, dead ones for a minute
 * @param loads those under way, and the last one of each other table, for a month
 * @param replays the one that is running
 * @param shards those that were sent to within the last minute
 * @param quarantine counts by state
 */
public record Status(
        int schemaVersion,
        List<String> faults,
        List<Table> tables,
        OutboxStatus backlog,
        int lanes,
        List<HeldLane> held,
        List<PollerStatus> pollers,
        List<Load> loads,
        List<Replay> replays,
        List<Shard> shards,
        Map<String, Long> quarantine) {

    /**
     * @param schema null, as is {@code table}, for domain events
     * @param captureFault why not all of its changes are captured; null when they are, or it is not attached
     * @param stream null: the poller's default
     * @param counts by operation, those with events only; a TRUNCATE is as many events as there are lanes
     */
    public record Table(
            @Nullable String schema,
            @Nullable String table,
            boolean attached,
            @Nullable String captureFault,
            @Nullable String stream,
            Map<Operation, Counts> counts) {}

    /**
     * What has become of the events of a table and an operation since Leat was installed, in one snapshot.
     *
     * @param published settled as published, each event once; counted by the transactions that settled them
     * @param quarantined now in quarantine: refused, or waiting behind such an event, or released and not sent yet
     * @param discarded given up in quarantine; counted by the transactions that discarded them
     * @param waiting now in the outbox, as far as it was counted
     */
    public record Counts(long published, long quarantined, long discarded, long waiting) {

        /** No events. */
        public static final Counts NONE = new Counts(0, 0, 0, 0);

        /** How many events were captured: the sum of the others. */
        public long captured() {
            return published + quarantined + discarded + waiting;
        }

        /** The sums of both. */
        public Counts plus(Counts other) {
            return new Counts(
                    published + other.published,
                    quarantined + other.quarantined,
                    discarded + other.discarded,
                    waiting + other.waiting);
        }
    }

    /**
     * @param events in the outbox
     * @param capped whether counting ended there: then there are at least so many
     * @param oldestCapturedAt when the oldest of them was captured; null when there are none
     * @param oldestAgeSeconds its age by the database's clock
     * @param bytesOnDisk of the outbox with its index, dead rows and free space included
     */
    public record OutboxStatus(
            long events,
            boolean capped,
            @Nullable Instant oldestCapturedAt,
            @Nullable Double oldestAgeSeconds,
            long bytesOnDisk) {}

    /**
     * A lane that some transaction holds now.
     *
     * @param pid the backend's, null for a prepared transaction
     * @param application as {@code pg_stat_activity} has it
     * @param poller the poller's id, when the application is one
     * @param seconds how long its transaction is open, null where this role may not see it
     */
    public record HeldLane(
            int lane,
            @Nullable Integer pid,
            @Nullable String application,
            @Nullable UUID poller,
            @Nullable Double seconds) {}

    /**
     * What a shard took from all pollers together, over the last minute.
     *
     * @param stream as the tables or the pollers name it
     * @param bytesPerSecond data and partition keys
     * @param refusedShare of the entries that were sent to it, from 0 to 1; they were sent again
     */
    public record Shard(
            String stream, String shard, double recordsPerSecond, double bytesPerSecond, double refusedShare) {}

    /**
     * A full load.
     *
     * @param number as {@code leat.load} gave it
     * @param filter which rows; null: all
     * @param state running, paused, cancelled, finished or failed
     * @param loaded how many rows were written into the outbox
     * @param held how many keys are to be tried again because writers held rows of them
     * @param estimate about how many rows there are; null: not known yet
     * @param rate rows in a second, lately; null: not known, or it does not go on
     * @param error why it has failed, or what hinders it
     */
    public record Load(
            int number,
            String schema,
            String table,
            @Nullable String filter,
            String state,
            long loaded,
            long held,
            @Nullable Long estimate,
            @Nullable Double rate,
            @Nullable String error,
            Instant registeredAt,
            @Nullable Instant startedAt,
            @Nullable Instant endedAt) {

        /** How much is done, from 0 to 100; 100 only when it has finished. */
        public int percent() {
            if (state.equals("finished")) {
                return 100;
            }
            return estimate == null || loaded == 0 ? 0 : (int) Math.min(99, 100 * loaded / Math.max(1, estimate));
        }

        /** How long it will take from now on, about; null: not known. */
        public @Nullable Double secondsLeft() {
            return estimate == null || rate == null || rate < 1 ? null : Math.max(0, estimate - loaded) / rate;
        }

        /** Whether a poller has something to do for it, or may have. */
        public boolean underWay() {
            return state.equals("running") || state.equals("paused");
        }
    }

    /**
     * A replay of kept events.
     *
     * @param number as {@code leat.replay} gave it
     * @param tables whose events, as they were named; none: all
     * @param key of which partition key; null: of any
     * @param stream where they are sent; null: to the stream of each
     * @param state running, cancelled or finished
     * @param events how many there are to send
     * @param sent how many were sent
     * @param refused how many are in quarantine
     * @param skipped how many are not sent, because it was cancelled, or their ids became doubtful
     * @param rate events sent in a second, since it was registered
     */
    public record Replay(
            int number,
            List<String> tables,
            @Nullable String key,
            @Nullable String stream,
            String state,
            long events,
            long sent,
            long refused,
            long skipped,
            @Nullable Double rate,
            Instant registeredAt) {

        /** How much is done, from 0 to 100; 100 only when it has finished. */
        public int percent() {
            return state.equals("finished") ? 100 : (int) Math.min(99, 100 * done() / Math.max(1, events));
        }

        private long done() {
            return sent + refused + skipped;
        }

        /** How long it will take from now on, about; null: not known. */
        public @Nullable Double secondsLeft() {
            return rate == null || rate <= 0 ? null : Math.max(0, events - done()) / rate;
        }

        public boolean underWay() {
            return state.equals("running");
        }
    }

    /**
     * @param pid on its host
     * @param alive seen within the last five seconds
     * @param lanes how many it holds at this moment
     */
    public record PollerStatus(
            UUID poller,
            String host,
            long pid,
            String version,
            Instant startedAt,
            Instant seenAt,
            boolean alive,
            int lanes) {}
}
