package dev.leat.capacity;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The tables of docs/capacity.md must be what the formulas compute from the figures; {@code -Dleat.regenerate=true} writes them again. */
class CapacityTest {

    private static final Path PAGE = Path.of("docs", "capacity.md");
    private static final List<Bill> BILLS = Arrays.stream(new double[] {1e3, 1e4, 1e5, 1e6})
            .mapToObj(rate -> new Bill(Needs.of(rate)))
            .toList();

    private static final Map<String, List<String>> TABLES = Map.of(
            "figures", figures(),
            "prices", prices(),
            "needs", needs(),
            "limits", limits(),
            "month", month(),
            "others", others());

    @ParameterizedTest
    @ValueSource(strings = {"figures", "prices", "needs", "limits", "month", "others"})
    void thePageHoldsWhatTheFormulasMake(String table) throws Exception {
        String page = Files.readString(PAGE);
        String opening = "<!-- computed: " + table + " -->\n";
        assertThat(page).contains(opening);
        int begin = page.indexOf(opening) + opening.length();
        int end = page.indexOf("<!-- end -->", begin);
        String computed = String.join("\n", TABLES.getOrDefault(table, List.of())) + "\n";
        if (Boolean.getBoolean("leat.regenerate")) {
            Files.writeString(PAGE, page.substring(0, begin) + computed + page.substring(end));
        } else {
            assertThat(page.substring(begin, end)).isEqualTo(computed);
        }
    }

    private static List<String> figures() {
        List<String> lines = new ArrayList<>(List.of("| figure | value | |", "|---|---|---|"));
        for (Figure figure : Figure.values()) {
            lines.add("| `%s` | %s | %s, %s |"
                    .formatted(figure.name(), plain(figure.value()), figure.meaning(), figure.source()));
        }
        return lines;
    }

    private static List<String> prices() {
        List<String> lines = new ArrayList<>(List.of("| price | US dollars | |", "|---|---|---|"));
        for (Price price : Price.values()) {
            lines.add("| `%s` | %s | %s |".formatted(price.name(), plain(price.dollars()), price.meaning()));
        }
        return lines;
    }

    private static List<String> needs() {
        List<String> lines = head();
        lines.add(row("databases", bill -> count(bill.needs().databases())));
        lines.add(row("pollers", bill -> count(bill.needs().pollers())));
        lines.add(row("vCPU of each", bill -> plain(bill.needs().pollerCores())));
        lines.add(row(
                "lanes for each poller",
                bill -> decimal(
                        "%.1f",
                        Needs.LANES * bill.needs().databases() / bill.needs().pollers())));
        lines.add(row("connections to each database", bill -> count(bill.needs().connections())));
        lines.add(row(
                "cores of all databases", bill -> decimal("%.2f", bill.needs().databaseCores())));
        lines.add(row(
                "write-ahead log, MB/s", bill -> decimal("%,.1f", bill.needs().logBytes() / 1e6)));
        lines.add(row("outbox after the outage, GB", bill -> count(bill.needs().outboxGigabytes())));
        lines.add(row("shards", bill -> count(bill.needs().shards())));
        lines.add(row(
                "events in an aggregate", bill -> decimal("%.1f", bill.needs().perAggregate())));
        lines.add(row("shards, aggregated", bill -> count(bill.needs().aggregatedShards())));
        return lines;
    }

    private static List<String> limits() {
        return List.of(
                "| what one PostgreSQL ends by | changes a second |",
                "|---|---:|",
                "| CPU | " + count(Needs.cpuRate()) + " |",
                "| write-ahead log | " + count(Needs.logRate()) + " |",
                "| claims at once | " + count(Needs.claimsRate()) + " |");
    }

    private static List<String> month() {
        List<String> lines = head();
        lines.add(row("pollers", bill -> count(bill.pollers())));
        lines.add(row("database: CPU, and disk for the outage", bill -> count(bill.database())));
        lines.add(row("stream, provisioned", bill -> count(bill.provisioned())));
        lines.add(row("stream, provisioned, aggregated", bill -> count(bill.provisionedAggregated())));
        lines.add(row("stream, on demand", bill -> count(bill.onDemand())));
        lines.add(row("stream, on demand, aggregated", bill -> count(bill.onDemandAggregated())));
        lines.add(row("**all, provisioned**", bill -> "**" + count(bill.leat()) + "**"));
        lines.add(row("**all, provisioned, aggregated**", bill -> "**" + count(bill.leatAggregated()) + "**"));
        return lines;
    }

    private static List<String> others() {
        List<String> lines = head();
        lines.add(row("Leat", bill -> count(bill.leat())));
        lines.add(row("Leat, aggregated", bill -> count(bill.leatAggregated())));
        lines.add(row("DMS to Kinesis", bill -> count(bill.dms())));
        lines.add(row("Debezium on MSK Connect, to MSK", bill -> count(bill.msk())));
        lines.add(row("Lambda for each change, to Kinesis", bill -> count(bill.lambda())));
        lines.add(row("replication slots that DMS or Debezium read side by side", bill -> count(bill.readers())));
        return lines;
    }

    private static List<String> head() {
        return new ArrayList<>(List.of(
                row("changes a second", bill -> count(bill.needs().rate())),
                "|---" + "|---:".repeat(BILLS.size()) + "|"));
    }

    private static String row(String name, Function<Bill, String> cell) {
        return "| " + name + " | " + String.join(" | ", BILLS.stream().map(cell).toList()) + " |";
    }

    private static String count(double value) {
        return decimal("%,.0f", value);
    }

    private static String decimal(String format, double value) {
        return String.format(Locale.ROOT, format, value);
    }

    private static String plain(double value) {
        return new BigDecimal(Double.toString(value)).stripTrailingZeros().toPlainString();
    }
}
