package dev.leat.claim;

/**
 * Which server answers, and which history its database has come to.
 *
 * @param start when it started, in microseconds
 * @param history the number of its current history in {@code leat_internal.history}
 */
record Server(long start, int history) {}
