package dev.leat.model;

/** Takes what may happen next. */
@FunctionalInterface
interface Steps {

    /**
     * @param actor who does it
     * @param id of which event, or 0
     * @param then the state after it
     */
    void step(String actor, Act act, int id, World then);
}
