package dev.leat.kcl;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.concurrent.Executors;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.dynamodb.services.local.embedded.DDBExceptionMappingInvocationHandler;
import software.amazon.dynamodb.services.local.shared.access.LocalDBClient;
import software.amazon.dynamodb.services.local.shared.access.sqlite.SQLiteDBAccess;
import software.amazon.dynamodb.services.local.shared.access.sqlite.SQLiteLibraryLoader;
import software.amazon.dynamodb.services.local.shared.jobs.JobsRegister;

/**
 * DynamoDB local in this process, in memory: the Kinesis Client Library keeps its leases there. It is created as in {@code
 * DynamoDBEmbedded}, but without the usage report that this would send, and without the libraries for the report.
 */
final class Leases implements AutoCloseable {

    private final LocalDBClient database;
    private final DynamoDbAsyncClient client;

    Leases() {
        load();
        database = new LocalDBClient(new SQLiteDBAccess(), new JobsRegister(Executors.newFixedThreadPool(10), false));
        try {
            Constructor<DDBExceptionMappingInvocationHandler> handler =
                    DDBExceptionMappingInvocationHandler.class.getDeclaredConstructor(LocalDBClient.class);
            handler.setAccessible(true);
            client = (DynamoDbAsyncClient) Proxy.newProxyInstance(
                    Leases.class.getClassLoader(), new Class<?>[] {DynamoDbAsyncClient.class}, (InvocationHandler)
                            handler.newInstance(database));
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("this is another DynamoDB local", e);
        }
    }

    private static void load() {
        // The build copies the native libraries there.
        System.setProperty("sqlite4java.library.path", "target/sqlite");
        try {
            SQLiteLibraryLoader.initialize();
        } catch (Exception e) {
            throw new IllegalStateException(
                    "the native library of SQLite is not in target/sqlite: run mvn -Pfull generate-test-resources", e);
        }
    }

    DynamoDbAsyncClient client() {
        return client;
    }

    @Override
    public void close() {
        database.shutdown();
    }
}
