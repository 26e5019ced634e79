package dev.leat.demo;

import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import javax.sql.DataSource;

/**
 * A small shop whose tables are attached: customers, orders with the customer as partition key (it is not the primary key, so their events
 * are held), order lines with a key of two columns, and a stock of a few rows that many transactions update.
 */
public final class Shop {

    /** How many rows the stock has. */
    static final int SKUS = 40;

    private static final int RECENT = 3_000;

    private final DataSource owner;
    private final AtomicLong lastCustomer = new AtomicLong();
    private final AtomicLong lastOrder = new AtomicLong();

    /**
     * @param owner connects as the owner of the tables, who also owns the schema {@code leat}
     */
    public Shop(DataSource owner) {
        this.owner = owner;
    }

    /** Creates and attaches the tables. The schemas {@code leat} and {@code truth} must exist. */
    public void open() throws SQLException {
        Truth.run(owner, Truth.script("shop.sql"));
        for (String attach : List.of(
                "SELECT leat.attach('customers')",
                "SELECT leat.attach('orders', key => '{customer_id}')",
                "SELECT leat.attach('order_lines')",
                "SELECT leat.attach('stock')")) {
            Truth.run(owner, attach);
        }
    }

    /** Inserts the stock, and the first customers by one statement. */
    public void fill(int customers) throws SQLException {
        Truth.run(
                owner,
                "INSERT INTO stock (sku, quantity) SELECT 'sku-' || n, 1000 FROM generate_series(1, " + SKUS + ") n");
        Truth.run(
                owner,
                "INSERT INTO customers (name, email) SELECT 'customer ' || n, 'c' || n || '@shop.example'"
                        + " FROM generate_series(1, " + customers + ") n");
        lastCustomer.set(customers);
    }

    void customerAdded(long id) {
        lastCustomer.accumulateAndGet(id, Math::max);
    }

    void orderAdded(long id) {
        lastOrder.accumulateAndGet(id, Math::max);
    }

    /** The id of a random customer; sometimes no customer has it. */
    long someCustomer(RandomChoices choices) {
        return 1 + choices.below((int) Math.max(1, lastCustomer.get()));
    }

    /** The id of a random recent order; sometimes no order has it. */
    long someOrder(RandomChoices choices) {
        long last = lastOrder.get();
        return Math.max(1, last - choices.below((int) Math.max(1, Math.min(last, RECENT))));
    }
}
