package dev.leat.kinesis;

import java.util.function.Consumer;

/** Where the ranges of a stream's shards can be asked for. */
interface ShardListing {

    /** Nowhere. */
    ShardListing NONE = then -> {};

    /** Asks without waiting for the answer, which is handed on by another thread, if one comes. */
    void ask(Consumer<ShardMap> then);
}
