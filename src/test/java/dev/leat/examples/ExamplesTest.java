package dev.leat.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.LeatPoller;
import dev.leat.localstream.KeptRecord;
import dev.leat.testkit.Await;
import dev.leat.testkit.KeptText;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import dev.leat.testkit.TestStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.jooq.SQLDialect;
import org.jooq.impl.DSL;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.KinesisClientBuilder;

@Tag("postgres")
class ExamplesTest {

    @AutoClose
    private final TestDatabase database = TestServer.shared().database();

    @AutoClose
    private final TestStream stream = new TestStream(2);

    private KinesisClientBuilder client() {
        return KinesisClient.builder()
                .endpointOverride(stream.local().endpoint())
                .region(Region.of(stream.local().region()))
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")));
    }

    @Test
    void anApplicationPublishesInAFormatOfItsOwn() throws Exception {
        database.run("CREATE TABLE orders (id bigint PRIMARY KEY); SELECT leat.attach('public.orders')");
        database.run("INSERT INTO orders VALUES (42); DELETE FROM orders");
        try (KinesisClient kinesis = client().build();
                LeatPoller poller = OwnFormat.poller(database.owner(), kinesis)) {
            poller.start();
            Await.until(
                    "the pollers have sent it",
                    Duration.ofSeconds(60),
                    () -> database.rows("SELECT FROM leat_internal.outbox").isEmpty());
        }
        assertThat(stream.texts()).singleElement().asString().endsWith("\torders\t{\"id\":42}");
        assertThat(database.rows("SELECT reason FROM leat_poller.quarantine"))
                .containsExactly(List.of("this consumer reads rows, and a deleted row has none"));
    }

    @Test
    void anApplicationPublishesAndItsConsumersSeeEachEventOnce() throws Exception {
        database.run("CREATE TABLE orders (id bigint PRIMARY KEY, state text); SELECT leat.attach('public.orders')");
        try (EmbeddedPoller poller = new EmbeddedPoller(database.owner(), client())) {
            try (Connection transaction = database.owner().getConnection()) {
                transaction.setAutoCommit(false);
                JdbcPublisher.place(transaction, 42, "ada");
                transaction.commit();
                JdbcPublisher.place(transaction, 43, "ada");
                transaction.rollback();
            }
            JooqPublisher.pay(DSL.using(database.owner(), SQLDialect.POSTGRES), 42);
            Await.until(
                    "four events", Duration.ofSeconds(30), () -> stream.texts().size() == 4);
        }

        List<String> once = new ArrayList<>();
        StreamConsumer consumer = new StreamConsumer(event -> once.add(new String(event, StandardCharsets.UTF_8)));
        List<KeptRecord> records = stream.local().records(TestStream.NAME);
        records.forEach(record -> consumer.accept(record.data()));
        records.forEach(record -> consumer.accept(record.data()));
        assertThat(once).hasSize(4);
        assertThat(once)
                .filteredOn(event -> event.contains("\"OrderPlaced\"") || event.contains("\"OrderPaid\""))
                .hasSize(2);
        assertThat(once).filteredOn(event -> event.contains("\"actor\"")).hasSize(2);

        List<String> byLambda = new ArrayList<>();
        new LambdaHandler(event -> byLambda.add(new String(event, StandardCharsets.UTF_8)))
                .handleRequest(Map.of(
                        "Records",
                        records.stream()
                                .map(record -> Map.of(
                                        "kinesis",
                                        Map.of("data", Base64.getEncoder().encodeToString(record.data()))))
                                .toList()));
        assertThat(byLambda).containsExactlyElementsOf(once);
    }

    @ParameterizedTest
    @ValueSource(
            classes = {
                EmbeddedPoller.class,
                JdbcPublisher.class,
                JooqPublisher.class,
                StreamConsumer.class,
                LambdaHandler.class,
                OwnFormat.class
            })
    void thePageShowsTheClassesThatRun(Class<?> example) throws IOException {
        String name = example.getSimpleName();
        String source = Files.readString(Path.of("src", "test", "java", "dev", "leat", "examples", name + ".java"));

        KeptText.assertPart(
                Path.of("docs", "embedding.md"),
                name,
                "```java\n" + source.substring(source.indexOf("/**")).strip() + "\n```");
    }
}
