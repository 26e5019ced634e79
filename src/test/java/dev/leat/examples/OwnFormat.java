package dev.leat.examples;

import dev.leat.Event;
import dev.leat.LeatPoller;
import dev.leat.Shaper;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import javax.sql.DataSource;
import software.amazon.awssdk.services.kinesis.KinesisClient;

/** Publishes each event in a format of the application's own: a line of three fields with tabs between. */
final class OwnFormat implements Shaper {

    static LeatPoller poller(DataSource database, KinesisClient kinesis) throws SQLException {
        return LeatPoller.builder(database, kinesis, "changes")
                .shaper(new OwnFormat())
                .build();
    }

    @Override
    public byte[] shape(Event event) throws Unshapeable {
        if (event.row().after() == null) {
            throw new Unshapeable("this consumer reads rows, and a deleted row has none");
        }
        String line =
                event.id() + "\t" + event.subject().table() + "\t" + event.row().after();
        return line.getBytes(StandardCharsets.UTF_8);
    }
}
