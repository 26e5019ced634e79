package dev.leat.database;

import java.lang.reflect.Proxy;
import java.sql.Connection;
import javax.sql.DataSource;

/** A pool of one connection, which stays open when it is returned. */
final class Once {

    private Once() {}

    static DataSource of(Connection connection) {
        Connection kept = (Connection) Proxy.newProxyInstance(
                Once.class.getClassLoader(),
                new Class<?>[] {Connection.class},
                (self, method, arguments) ->
                        method.getName().equals("close") ? null : Session.plain(connection, method, arguments));
        return (DataSource) Proxy.newProxyInstance(
                Once.class.getClassLoader(), new Class<?>[] {DataSource.class}, (self, method, arguments) -> kept);
    }
}
