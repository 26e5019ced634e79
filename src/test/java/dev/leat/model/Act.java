package dev.leat.model;

/** What may happen. */
enum Act {
    LOCKS_THE_OUTBOX("locks the outbox"),
    DRAWS_FOR_THE_ROW("draws, for the row, id"),
    DRAWS_FOR_THE_HELD_KEY("draws, for the held key, id"),
    COMMITS("commits"),
    ROLLS_BACK("rolls back"),
    PREPARES("prepares its transaction"),
    COMMITS_PREPARED("commits what it has prepared"),
    ROLLS_BACK_PREPARED("rolls back what it has prepared"),
    LETS_LOCKS_GO("lets its locks go"),

    SEES_THE_SEQUENCE("sees the sequence at"),
    SEES_THE_HOLDERS("sees who holds locks"),
    PROVES("has looked at both, and proven"),
    BEGINS_THE_ONE_STATEMENT("begins the statement that locks and reads"),
    SEES_THE_LANE_EMPTY("sees, without its lock, that the lane is empty; id drawn"),
    FINDS_THE_LANE_TAKEN("finds the lane taken"),
    LOCKS_THE_LANE_AND_READS("locks the lane, and reads up to"),

    SENDS("sends"),
    SENDS_AFTER_ITS_DEADLINE("sends, after its deadline,"),
    IS_ACKNOWLEDGED("gets an acknowledgement of"),
    IS_REFUSED("is refused"),
    IS_APPLIED_UNANSWERED("gets no answer, though the stream has applied"),
    GIVES_UP("gives up its request of"),
    IS_APPLIED_LATE("applies, late,"),
    IS_LOST("never gets"),
    SETTLES("settles and commits, up to"),
    SETTLES_AND_STORES_THE_LOW("stores the low, settles and commits, up to"),
    CANNOT_COMMIT("cannot commit"),

    IS_KILLED("is killed, and begins anew"),
    LOSES_ITS_SESSION("loses its session"),
    IS_PAUSED_PAST_ITS_DEADLINE("is paused past its deadline");

    private final String text;

    Act(String text) {
        this.text = text;
    }

    /** Whether a record comes into the stream by it. */
    boolean arrival() {
        return this == IS_ACKNOWLEDGED || this == IS_APPLIED_UNANSWERED || this == IS_APPLIED_LATE;
    }

    boolean settling() {
        return this == SETTLES || this == SETTLES_AND_STORES_THE_LOW;
    }

    String by(String actor, int id) {
        return actor + " " + text + (id > 0 ? " " + id : "");
    }
}
