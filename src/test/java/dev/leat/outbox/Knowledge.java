package dev.leat.outbox;

import dev.leat.pipeline.Lanes;
import java.util.HashSet;
import java.util.OptionalLong;
import java.util.Set;

/**
 * What one poller knows of one lane, for a model in another package: the real {@link Watermark} and {@link LaneMemory}, as a value. The
 * methods whose names begin with {@code mistakenly} contain a mistake on purpose.
 */
public final class Knowledge {

    public static final Knowledge NONE = new Knowledge(Watermark.UNKNOWN, 0);

    private static final int LANE = 7;

    private final Watermark watermark;
    private final long low;
    private final int hash;

    private Knowledge(Watermark watermark, long low) {
        this.watermark = watermark;
        this.low = low;
        this.hash = 31 * watermark.hashCode() + Long.hashCode(low);
    }

    public int proven() {
        return Math.toIntExact(watermark.proven());
    }

    public int low() {
        return Math.toIntExact(low);
    }

    /** The holders of locks that stand in the way of the proof under way, counted. */
    public int waitsFor() {
        return watermark.blockers().size();
    }

    /** After a look at the sequence and, later, at the holders of writers' locks. */
    public Knowledge looked(long drawn, Set<String> holders) {
        return new Knowledge(watermark.look(drawn, holders), low);
    }

    /** As if every id drawn were decided. */
    public Knowledge mistakenlyUnproven(long drawn) {
        return new Knowledge(Watermark.UNKNOWN.look(drawn, Set.of()), low);
    }

    /** As if nobody could prepare a transaction between two looks. */
    public Knowledge mistakenlyLooked(long drawn, Set<String> holders) {
        Watermark blind =
                new Watermark(watermark.proven(), watermark.candidate(), watermark.blockers(), new HashSet<>(holders));
        return new Knowledge(blind.look(drawn, holders), low);
    }

    /** After the lane was locked and its row read. */
    public Knowledge locked(long storedLow) {
        return new Knowledge(watermark, memory().low(LANE, storedLow));
    }

    /** After a claim that was not committed: the memory is forgotten, and with its generation the watermark. */
    public Knowledge forgotten() {
        LaneMemory memory = memory();
        memory.forget();
        return new Knowledge(Watermark.UNKNOWN, memory.low(LANE));
    }

    /** A committed claim of the lane: what the sequence showed when it began, and what became of its events. */
    public record Settling(long drawn, int read, OptionalLong cutAt, int left, OptionalLong firstLeft) {

        /** The lane held no event. */
        public static Settling nothing(long drawn) {
            return new Settling(drawn, 0, OptionalLong.empty(), 0, OptionalLong.empty());
        }
    }

    /** As if a lane that was seen empty could get no event up to the highest id drawn. */
    public Knowledge mistakenlySeenEmpty(long drawn) {
        return new Knowledge(watermark, Math.max(low, drawn));
    }

    public Knowledge settled(Settling claim) {
        return new Knowledge(watermark, after(claim).low(LANE));
    }

    /** Whether a poller of whose lanes all went like this one would now rest until the sequence moves. */
    public boolean rests(Settling claim, long drawnNow) {
        return after(claim).drained(drawnNow, Lanes.NONE);
    }

    private LaneMemory after(Settling claim) {
        LaneMemory memory = memory();
        LaneMemory.Settled settled =
                new LaneMemory.Settled(claim.read(), claim.cutAt(), claim.left(), claim.firstLeft());
        for (int lane = 0; lane < Lanes.COUNT; lane++) {
            memory.settled(memory.generation(), lane, claim.drawn(), watermark.proven(), settled);
        }
        return memory;
    }

    private LaneMemory memory() {
        LaneMemory memory = new LaneMemory(0);
        memory.low(LANE, low);
        return memory;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Knowledge that
                && hash == that.hash
                && low == that.low
                && watermark.equals(that.watermark);
    }

    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public String toString() {
        return watermark + ", low " + low;
    }
}
