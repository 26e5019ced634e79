package dev.leat.config;

import dev.leat.kinesis.Aggregation;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Everything that {@code leat run} can be told.
 *
 * @param aggregation which streams hold several events in a record
 */
public record Settings(Database database, Stream stream, Poller poller, Aggregation aggregation) {

    /**
     * Where the outbox is.
     *
     * <p>A user and a password that the URL holds win over the others, and are taken out of it.
     *
     * @param url a JDBC URL; any driver on the class path that speaks to PostgreSQL, such as {@code jdbc:postgresql:} or
     *     {@code jdbc:aws-wrapper:postgresql:}
     * @param username null when the driver knows it
     * @param password null when the driver knows it; never printed
     */
    public record Database(
            String url, @Nullable String username, @Nullable String password) {

        public Database {
            Faults faults = new Faults();
            try {
                DatabaseUrl parts = DatabaseUrl.parse(url);
                url = parts.url();
                username = parts.user() == null ? username : parts.user();
                password = parts.password() == null ? password : parts.password();
            } catch (IllegalArgumentException e) {
                faults.add(Setting.DATABASE_URL + " " + e.getMessage());
            }
            if (username != null) {
                faults.notBlank(Setting.DATABASE_USERNAME, username);
            }
            faults.raise();
        }

        /** The URL without its parameters: they may hold the password of a key. */
        public String printableUrl() {
            int parameters = url.indexOf('?');
            return parameters < 0 ? url : url.substring(0, parameters);
        }

        /** Without the password. */
        @Override
        public String toString() {
            return "Database[" + printableUrl() + (username == null ? "" : " as " + username) + "]";
        }
    }

    /**
     * Where events go.
     *
     * @param stream a name or ARN for all events whose table names none
     * @param maxRecordSize data and partition key together, in bytes; null: what the stream says, else 1 MiB
     */
    public record Stream(String stream, @Nullable Integer maxRecordSize) {

        public Stream {
            Faults faults = new Faults();
            faults.notBlank(Setting.STREAM, stream);
            if (!stream.isBlank()
                    && !stream.matches("[a-zA-Z0-9_.-]{1,128}|arn:[^:]+:kinesis:[^:]+:[^:]*:stream/[a-zA-Z0-9_.-]+")) {
                faults.add(Setting.STREAM + " is '" + stream
                        + "', which is neither a stream's name (letters, digits, _ . -) nor its ARN");
            }
            if (maxRecordSize != null) {
                faults.range(Setting.MAX_RECORD_SIZE, maxRecordSize, 1024, 10 << 20);
            }
            faults.raise();
        }
    }

    /**
     * How a poller works.
     *
     * @param retain how long settled events are kept; null: they are deleted at once
     * @param workers passes that run beside each other, each with a connection of its own
     * @param batch events that one claim takes at most
     * @param requestsInFlight requests to the stream under way at once, for each worker
     * @param busyInterval how long a poller rests before it looks again while events come
     * @param idleInterval how long an idle poller waits before it looks again
     * @param publishDeadline how long one claim may be published before its lanes are let go
     * @param stopDeadline how long a stopping poller may take to finish what it holds
     * @param serverName the {@code source.name} of the envelope; null: the database's name
     */
    public record Poller(
            @Nullable Duration retain,
            int workers,
            int batch,
            int requestsInFlight,
            Duration busyInterval,
            Duration idleInterval,
            Duration publishDeadline,
            Duration stopDeadline,
            @Nullable String serverName) {

        public static final Poller DEFAULT = new Poller(
                null,
                2,
                8000,
                4,
                Duration.ofMillis(2),
                Duration.ofMillis(100),
                Duration.ofSeconds(15),
                Duration.ofSeconds(20),
                null);

        public Poller {
            Faults faults = new Faults();
            if (retain != null) {
                faults.range(Setting.RETAIN, retain, Duration.ofMinutes(1), Duration.ofDays(3650));
            }
            faults.range(Setting.WORKERS, workers, 1, 64);
            faults.range(Setting.BATCH, batch, 1, 50_000);
            faults.range(Setting.REQUESTS_IN_FLIGHT, requestsInFlight, 1, 64);
            faults.range(Setting.IDLE_INTERVAL, idleInterval, Duration.ofMillis(1), Duration.ofMinutes(1));
            if (!busyInterval.equals(idleInterval)) {
                faults.range(Setting.BUSY_INTERVAL, busyInterval, Duration.ofMillis(1), idleInterval);
            }
            faults.range(Setting.PUBLISH_DEADLINE, publishDeadline, Duration.ofSeconds(1), Duration.ofMinutes(5));
            faults.range(Setting.STOP_DEADLINE, stopDeadline, Duration.ofSeconds(1), Duration.ofMinutes(10));
            if (serverName != null) {
                faults.notBlank(Setting.SERVER_NAME, serverName);
            }
            faults.raise();
        }
    }
}
