package dev.leat.app;

import dev.leat.PollerListener;
import dev.leat.config.Settings;
import dev.leat.upkeep.PollerRegistry;
import java.time.Duration;
import javax.sql.DataSource;
import software.amazon.awssdk.services.kinesis.KinesisClient;

/** Wires the rooms into a poller. */
interface PollerFactory {

    /** A poller that is not started yet. */
    RunningPoller create(Parts parts);

    /**
     * What a poller is made of. Whoever made them closes them, after the poller has stopped.
     *
     * @param maxRecordSize data and partition key together, in bytes: as set, else as the stream says
     * @param serverName the {@code source.name} of the envelope
     * @param registry knows how many pollers share the lanes
     */
    record Parts(
            Settings settings,
            int maxRecordSize,
            String serverName,
            DataSource database,
            KinesisClient kinesis,
            PollerRegistry registry,
            PollerListener listener) {}

    /** A poller as the command line sees it. */
    interface RunningPoller {

        void start();

        /**
         * Finishes what is under way and lets go of all lanes.
         *
         * @return whether that was done by the deadline
         */
        boolean stop(Duration deadline);
    }
}
