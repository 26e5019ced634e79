package dev.leat.model;

/** Receives the possible next steps. */
@FunctionalInterface
interface Steps {

    /**
     * @param actor who does it
     * @param id of which event, or 0
     * @param then the state after it
     */
    void step(String actor, Act act, int id, State then);
}
