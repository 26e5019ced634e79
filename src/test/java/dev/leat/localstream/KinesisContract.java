package dev.leat.localstream;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.localstream.ContractCase.Side;
import java.net.URI;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import software.amazon.awssdk.services.kinesis.KinesisClient;

/** Runs every case of the contract on one endpoint. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class KinesisContract {

    private static final AtomicInteger STREAMS = new AtomicInteger();

    private @Nullable KinesisClient client;

    /** Starts the endpoint. */
    abstract URI start();

    abstract void stop();

    /** The answer that this endpoint is known to give. */
    abstract String expected(ContractCase question);

    @BeforeAll
    void connect() {
        client = Clients.of(start());
    }

    @AfterAll
    void disconnect() {
        if (client != null) {
            client.close();
        }
        stop();
    }

    static Stream<ContractCase> cases() {
        return ContractCases.all();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void answers(ContractCase question) {
        KinesisClient client = requireNonNull(this.client);
        Side side = new Side(
                client.serviceClientConfiguration().endpointOverride().orElseThrow(),
                client,
                "contract-" + STREAMS.incrementAndGet());
        client.createStream(b -> b.streamName(side.stream()).shardCount(question.shards()));
        ContractShardCases.active(side);
        assertThat(question.probe().ask(side)).isEqualTo(expected(question));
    }
}
