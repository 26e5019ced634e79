package dev.leat.bench;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import org.postgresql.ds.PGSimpleDataSource;

/** The one connection of a worker, as {@code leat run} has it where no pooler stands between: statements are prepared by name. */
final class Pool extends HikariDataSource {

    Pool(PGSimpleDataSource source) {
        super(config(source));
    }

    private static HikariConfig config(PGSimpleDataSource source) {
        source.setPrepareThreshold(1);
        HikariConfig config = new HikariConfig();
        config.setDataSource(source);
        config.setMaximumPoolSize(1);
        return config;
    }
}
