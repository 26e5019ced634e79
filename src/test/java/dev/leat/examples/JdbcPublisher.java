package dev.leat.examples;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/** Publishes a domain event with plain JDBC. */
final class JdbcPublisher {

    private JdbcPublisher() {}

    /**
     * Places an order in the caller's transaction: the order and its event are committed together, or neither is.
     *
     * @param actor who does it; every event of this transaction carries it
     */
    static void place(Connection transaction, long order, String actor) throws SQLException {
        // SET LOCAL takes no parameter; set_config(…, true) does the same and takes one.
        try (PreparedStatement context = transaction.prepareStatement(
                "SELECT set_config('leat.context', json_build_object('actor', CAST(? AS text))::text, true)")) {
            context.setString(1, actor);
            context.execute();
        }
        try (PreparedStatement insert =
                transaction.prepareStatement("INSERT INTO orders (id, state) VALUES (?, 'placed')")) {
            insert.setLong(1, order);
            insert.executeUpdate();
        }
        try (PreparedStatement publish = transaction.prepareStatement("SELECT leat.publish(?, ?, ?)")) {
            publish.setString(1, "order-" + order);
            publish.setString(2, "OrderPlaced");
            publish.setString(3, "{\"id\": " + order + "}");
            publish.execute();
        }
    }
}
