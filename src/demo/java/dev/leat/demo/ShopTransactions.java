package dev.leat.demo;

import java.sql.SQLException;

/** The transactions of the shop. Each method is the body of one, and returns about how many changes it made. */
public final class ShopTransactions {

    private final Shop shop;
    private final Statements statements;
    private final RandomChoices choices;

    public ShopTransactions(Shop shop, Statements statements, RandomChoices choices) {
        this.shop = shop;
        this.statements = statements;
        this.choices = choices;
    }

    /** The body of a transaction drawn at random. */
    public int any() throws SQLException {
        int drawn = choices.below(100);
        if (drawn < 34) {
            return placeOrder();
        } else if (drawn < 60) {
            return advanceOrder();
        } else if (drawn < 68) {
            return register();
        } else if (drawn < 78) {
            return editCustomer();
        } else if (drawn < 84) {
            return restock();
        } else if (drawn < 88) {
            return relist();
        } else if (drawn < 91) {
            return renumberCustomer();
        } else if (drawn < 94) {
            return renumberLine();
        } else if (drawn < 96) {
            return handOver();
        }
        return cancelOrder();
    }

    private int placeOrder() throws SQLException {
        int lines = 1 + choices.below(4);
        long order = statements.number(
                "INSERT INTO orders (customer_id, total) VALUES (?, ?) RETURNING id",
                shop.someCustomer(choices),
                lines * 9.99);
        statements.run(
                "INSERT INTO order_lines (order_id, line, sku, quantity)" + " SELECT ?, n, 'sku-' || (1 + (n * ?) % "
                        + Shop.SKUS + "), n FROM generate_series(1, ?) n",
                order,
                1 + choices.below(Shop.SKUS),
                lines);
        statements.run("UPDATE stock SET quantity = quantity - 1, sold = sold + 1 WHERE sku = ?", choices.sku());
        publish(order, "OrderPlaced");
        shop.orderAdded(order);
        return lines + 3;
    }

    /** The caller has changed the order in this transaction, so the events of one order have an order. */
    private void publish(long order, String type) throws SQLException {
        statements.call(
                "SELECT truth.publish(?, ?, jsonb_build_object('order', ?::bigint))", "order-" + order, type, order);
    }

    private int advanceOrder() throws SQLException {
        long order = shop.someOrder(choices);
        int changed = statements.run("UPDATE orders SET status = 'paid' WHERE id = ?", order);
        if (changed > 0) {
            if (choices.chance(40)) {
                changed += statements.run("UPDATE orders SET status = 'sent' WHERE id = ?", order);
            }
            publish(order, "OrderAdvanced");
            changed++;
        }
        return changed;
    }

    private int register() throws SQLException {
        long last = 0;
        int count = 1 + choices.below(5);
        last = statements.number(
                "WITH came AS (INSERT INTO customers (name, email)"
                        + " SELECT 'new customer', 'new@shop.example' FROM generate_series(1, ?) RETURNING id)"
                        + " SELECT max(id) FROM came",
                count);
        shop.customerAdded(last);
        return count;
    }

    private int editCustomer() throws SQLException {
        String edit = "UPDATE customers SET email = email || '.' WHERE id = ? AND length(email) < 60";
        int changed = statements.run(edit, shop.someCustomer(choices));
        if (choices.chance(30)) {
            statements.run("SAVEPOINT second_thoughts");
            statements.run(edit, shop.someCustomer(choices));
            statements.run("DELETE FROM customers WHERE id = ?", shop.someCustomer(choices));
            statements.run("ROLLBACK TO SAVEPOINT second_thoughts");
            changed += statements.run(edit, shop.someCustomer(choices));
        }
        return changed;
    }

    private int restock() throws SQLException {
        // In the order of the keys, so that transactions that lock several rows do not deadlock.
        return statements.run(
                "WITH wanted AS (SELECT sku FROM stock WHERE sku >= ? ORDER BY sku LIMIT 5 FOR UPDATE)"
                        + " UPDATE stock SET quantity = quantity + 10 FROM wanted WHERE stock.sku = wanted.sku",
                choices.sku());
    }

    /** Deletes an article, inserts it again, or both. Only one article, so that writers do not deadlock. */
    private int relist() throws SQLException {
        String sku = choices.sku();
        int changed = choices.chance(60) ? statements.run("DELETE FROM stock WHERE sku = ?", sku) : 0;
        if (changed == 0 || choices.chance(70)) {
            changed += statements.run(
                    "INSERT INTO stock (sku, quantity) VALUES (?, 500)"
                            + " ON CONFLICT (sku) DO UPDATE SET quantity = stock.quantity + 500",
                    sku);
        }
        return changed;
    }

    private int renumberCustomer() throws SQLException {
        long other = statements.number("SELECT nextval(pg_get_serial_sequence('customers', 'id'))");
        int changed = statements.run("UPDATE customers SET id = ? WHERE id = ?", other, shop.someCustomer(choices));
        shop.customerAdded(other);
        return 2 * changed;
    }

    private int renumberLine() throws SQLException {
        return 2
                * statements.run(
                        "UPDATE order_lines SET line = line + 10 WHERE order_id = ? AND line < 100",
                        shop.someOrder(choices));
    }

    /** The partition key of an order is its customer. */
    private int handOver() throws SQLException {
        return 2
                * statements.run(
                        "UPDATE orders SET customer_id = ? WHERE id = ?",
                        shop.someCustomer(choices),
                        shop.someOrder(choices));
    }

    private int cancelOrder() throws SQLException {
        // This deletes its lines too.
        return 3 * statements.run("DELETE FROM orders WHERE id = ?", shop.someOrder(choices));
    }
}
