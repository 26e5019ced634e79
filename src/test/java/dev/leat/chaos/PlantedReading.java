package dev.leat.chaos;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.leat.localstream.KeptRecord;
import dev.leat.testkit.TestStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.Record;

/**
 * A reader of a stream without aggregates that loses what was said last of one row of the stock, reads it wrongly of another, loses every
 * event of a customer, and the delete of an order line.
 */
final class PlantedReading implements Round.Reading {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** The last row of a key, and how often it was another one before. */
    private record Last(String key, @Nullable String row, int rows) {}

    private final Set<String> lost = new HashSet<>();
    private final Set<String> changed = new HashSet<>();
    private final Map<String, String> expected = new HashMap<>();

    /** Partition keys and what is to be found of them. */
    Map<String, String> expected() {
        return expected;
    }

    @Override
    public KinesisClient of(TestSystem system) {
        plant(system.stream().records(TestStream.NAME));
        KinesisClient stream = system.consumer();
        return (KinesisClient) Proxy.newProxyInstance(
                KinesisClient.class.getClassLoader(),
                new Class<?>[] {KinesisClient.class},
                (proxy, method, arguments) -> {
                    try {
                        Object answer = method.invoke(stream, arguments);
                        return answer instanceof GetRecordsResponse read ? planted(read) : answer;
                    } catch (InvocationTargetException e) {
                        throw e.getTargetException();
                    }
                });
    }

    private void plant(List<KeptRecord> records) {
        Map<String, Last> last = new HashMap<>();
        for (KeptRecord record : records) {
            String key = record.partitionKey();
            String row = row(record.data());
            Last before = last.get(key);
            boolean same = before != null && String.valueOf(before.row()).equals(String.valueOf(row));
            last.put(key, new Last(key, row, (before == null ? 0 : before.rows()) + (same ? 0 : 1)));
        }
        List<Last> stock = of(last, "public.stock.", false, 2);
        Last customer = of(last, "public.customers.", false, 1).get(0);
        Last line = of(last, "public.order_lines.", true, 2).get(0);
        expected.put(stock.get(0).key(), "DIFFERENT");
        expected.put(stock.get(1).key(), "DIFFERENT");
        expected.put(customer.key(), "MISSING");
        expected.put(line.key(), "EXTRA");
        for (KeptRecord record : records) {
            String said = said(record.partitionKey(), record.data());
            if (said.equals(stock.get(0).key() + stock.get(0).row())
                    || record.partitionKey().equals(customer.key())
                    || said.equals(line.key() + line.row())) {
                lost.add(said);
            } else if (said.equals(stock.get(1).key() + stock.get(1).row())) {
                changed.add(said);
            }
        }
    }

    private static List<Last> of(Map<String, Last> all, String prefix, boolean deleted, int rows) {
        List<Last> found = new ArrayList<>();
        all.values().stream()
                .filter(last -> last.key().startsWith(prefix) && (last.row() == null) == deleted && last.rows() >= rows)
                .forEach(found::add);
        return found;
    }

    private GetRecordsResponse planted(GetRecordsResponse read) {
        List<Record> records = new ArrayList<>();
        for (Record record : read.records()) {
            byte[] data = record.data().asByteArrayUnsafe();
            String said = said(record.partitionKey(), data);
            if (changed.contains(said)) {
                String text = new String(data, StandardCharsets.UTF_8).replace("\"sold\":", "\"sold\":9");
                records.add(
                        record.toBuilder().data(SdkBytes.fromUtf8String(text)).build());
            } else if (!lost.contains(said)) {
                records.add(record);
            }
        }
        return read.toBuilder().records(records).build();
    }

    /** A row of a key is numbered by its version, so this names the events that say the same. */
    private static String said(String partitionKey, byte[] data) {
        return partitionKey + row(data);
    }

    private static @Nullable String row(byte[] data) {
        try {
            JsonNode after = JSON.readTree(data).path("after");
            return after.isObject() ? after.toString() : null;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
