package dev.leat.app.connection;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool.PoolInitializationException;
import dev.leat.config.Settings;
import dev.leat.database.PinnedDataSource;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;

/** Connections to the database, for the commands and for a poller. */
public final class Pools {

    private Pools() {}

    /**
     * Opens a pool, and one connection immediately.
     *
     * <p>It suits a pooler in transaction mode: no session state is set, and statements are prepared under a name only where
     * the server's session is seen to be the connection's own. The URL's own parameters win over what is set here. The driver
     * is whichever on the class path knows the URL.
     *
     * @param applicationName what {@code pg_stat_activity} shows
     * @param size connections at most
     * @param socketTimeout how long one statement's answer may take; zero: for ever
     * @throws SQLException when no connection could be opened, with the server's reason
     */
    public static HikariDataSource open(
            Settings.Database database, String applicationName, int size, Duration socketTimeout) throws SQLException {
        requireDriver(database);
        HikariDataSource pool = open(database, applicationName, size, socketTimeout, "0");
        if (!ownSessions(pool)) {
            return pool;
        }
        // The first pool must not name statements: a name that stays in a pooler's session would collide with the next
        // client's.
        pool.close();
        return open(database, applicationName, size, socketTimeout, "1");
    }

    private static boolean ownSessions(HikariDataSource pool) throws SQLException {
        try {
            return PinnedDataSource.of(pool).ownSessions();
        } catch (SQLException e) {
            pool.close();
            throw e;
        }
    }

    private static HikariDataSource open(
            Settings.Database database,
            String applicationName,
            int size,
            Duration socketTimeout,
            String prepareThreshold)
            throws SQLException {
        HikariConfig config = new HikariConfig();
        config.setPoolName(applicationName);
        config.setJdbcUrl(database.url());
        config.setUsername(database.username());
        config.setPassword(database.password());
        config.setMaximumPoolSize(size);
        config.setMinimumIdle(Math.min(1, size));
        config.setConnectionTimeout(10_000);
        config.setInitializationFailTimeout(1);
        config.setKeepaliveTime(Duration.ofMinutes(2).toMillis());
        config.setMaxLifetime(Duration.ofMinutes(30).toMillis());
        config.addDataSourceProperty("ApplicationName", applicationName);
        config.addDataSourceProperty("connectTimeout", "5");
        config.addDataSourceProperty("loginTimeout", "10");
        config.addDataSourceProperty("socketTimeout", Long.toString(socketTimeout.toSeconds()));
        config.addDataSourceProperty("tcpKeepAlive", "true");
        config.addDataSourceProperty("prepareThreshold", prepareThreshold);
        try {
            return new HikariDataSource(config);
        } catch (PoolInitializationException e) {
            throw e.getCause() instanceof SQLException reason ? reason : new SQLException(e.getMessage(), e);
        }
    }

    private static void requireDriver(Settings.Database database) {
        if (DriverManager.drivers().noneMatch(driver -> accepts(driver, database.url()))) {
            throw new Fault(
                    ExitCode.DATABASE,
                    "no JDBC driver on the class path knows " + database.printableUrl()
                            + ": start Leat by java -cp leat.jar:driver.jar dev.leat.app.Main");
        }
    }

    private static boolean accepts(Driver driver, String url) {
        try {
            return driver.acceptsURL(url);
        } catch (SQLException e) {
            // A driver that cannot read the URL is not the right one.
            return false;
        }
    }
}
