package dev.leat.localstream;

import java.net.URI;
import software.amazon.awssdk.services.kinesis.KinesisClient;

/**
 * One case that runs on both endpoints.
 *
 * @param documented the answer that the service's documentation gives
 * @param shards with how many shards the case's stream begins
 */
record ContractCase(String name, String documented, int shards, Probe probe) {

    /** Asks the endpoint, about an ACTIVE stream of the case's own, and says in words what came back. */
    @FunctionalInterface
    interface Probe {
        String ask(Side side);
    }

    /** What a case may use. */
    record Side(URI endpoint, KinesisClient client, String stream) {}

    @Override
    public String toString() {
        return name;
    }
}
