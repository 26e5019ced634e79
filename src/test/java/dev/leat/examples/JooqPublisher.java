package dev.leat.examples;

import org.jooq.DSLContext;

/** Publishes a domain event with jOOQ. */
final class JooqPublisher {

    private JooqPublisher() {}

    /** Pays an order in a transaction of its own: the change and its event are committed together, or neither is. */
    static void pay(DSLContext database, long order) {
        database.transaction(transaction -> {
            DSLContext in = transaction.dsl();
            in.execute("UPDATE orders SET state = 'paid' WHERE id = ?", order);
            in.fetch("SELECT leat.publish(?, ?, ?)", "order-" + order, "OrderPaid", "{\"id\": " + order + "}");
        });
    }
}
