package dev.leat.claim;

/**
 * A lane whose row is locked, and how to read it.
 *
 * @param low no event up to this id is left to read
 * @param limit how many events to read, at most
 */
record HeldLane(int lane, long low, int limit) {}
