package dev.leat.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import dev.leat.settings.Faults;
import dev.leat.settings.InvalidSettings;
import java.io.IOException;
import java.io.Reader;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.error.MarkedYAMLException;

/**
 * A file that declares attachments, for {@code leat attach --file}:
 *
 * <pre>{@code
 * tables:
 *   public.orders:
 *     key: [customer_id]
 *     exclude: [card_number]
 *   public.items:
 * }</pre>
 *
 * <p>Or it names the files of an AWS DMS task, from its own directory:
 *
 * <pre>{@code
 * dms_mappings: table-mappings.json
 * dms_settings: kinesis-settings.json
 * dms_migration_type: full-load-and-cdc
 * }</pre>
 *
 * <p>Unknown names are refused, with their line: a typing error must not publish a column that was to be left out.
 */
public final class TablesFile {

    private static final String ALLOWED =
            "key, without_key, exclude, mask, before, operations, stream, format, on_quarantine, capture, rename, rename_schema, rename_table,"
                    + " event_router";

    private static final List<String> TASK = List.of("dms_mappings", "dms_settings", "dms_migration_type");

    private static final List<String> OPERATIONS = List.of("insert", "update", "delete", "truncate");
    private static final Map<String, List<String>> WORDS = Map.of(
            "on_quarantine", List.of("wait", "pass"),
            "capture", List.of("row", "statement"),
            "without_key", List.of("unique", "whole-row", "table"));

    private final String name;
    private final YAMLParser parser;
    private final Faults faults = new Faults();
    private final Map<String, Integer> seen = new HashMap<>();

    /**
     * A table's declaration.
     *
     * @param line where it stands, from 1
     */
    public record Declaration(int line, Attachment attachment) {}

    /**
     * What a file declares.
     *
     * @param tables in the file's order; empty if it names the files of a DMS task
     * @param task null: it declares tables
     */
    public record Declared(
            List<Declaration> tables, @Nullable DmsTask task) {
        public Declared {
            tables = List.copyOf(tables);
        }
    }

    /**
     * The files of an AWS DMS task.
     *
     * @param mappings the path of the table mappings
     * @param settings the path of the settings of the Kinesis endpoint; null: none
     * @param migrationType as {@code --dms-migration-type}; null: its default
     */
    public record DmsTask(
            String mappings,
            @Nullable String settings,
            @Nullable String migrationType) {}

    private TablesFile(String name, YAMLParser parser) {
        this.name = name;
        this.parser = parser;
    }

    /**
     * @param name for messages
     * @throws InvalidSettings with every fault that could be found, each with its line
     * @throws IOException when the text cannot be read
     */
    public static Declared read(String name, Reader text) throws IOException {
        try (YAMLParser parser = new YAMLFactory().createParser(text)) {
            TablesFile file = new TablesFile(name, parser);
            Declared declared = file.read();
            file.faults.raise();
            return declared;
        }
    }

    private Declared read() throws IOException {
        List<Declaration> declarations = new ArrayList<>();
        Map<String, String> task = new HashMap<>();
        try {
            if (next() != JsonToken.START_OBJECT) {
                fault("expected 'tables:' and the tables below it");
                return new Declared(declarations, null);
            }
            while (next() == JsonToken.FIELD_NAME) {
                String field = parser.currentName();
                if (TASK.contains(field)) {
                    task.put(field, taskFile(field));
                } else if (!field.equals("tables")) {
                    fault("unknown field '" + field + "'; at the top stands 'tables', or " + String.join(", ", TASK));
                    next();
                    parser.skipChildren();
                } else if (next() == JsonToken.START_OBJECT) {
                    tables(declarations);
                } else {
                    fault("below 'tables:' stands one table's name to a line, each with a colon");
                    parser.skipChildren();
                }
            }
            if (next() != null) {
                fault("one document is read, and here a second one begins");
            }
        } catch (JsonProcessingException e) {
            faults.add(name + ":" + line(e) + ": not YAML: " + said(e));
        }
        String mappings = task.get("dms_mappings");
        if (mappings == null && !task.isEmpty()) {
            faults.add(name + ": 'dms_settings' and 'dms_migration_type' go with 'dms_mappings'");
        }
        if (mappings != null && !declarations.isEmpty()) {
            faults.add(name + ": 'tables' and 'dms_mappings' exclude each other: declare the tables in another file");
        }
        return new Declared(
                declarations,
                mappings == null
                        ? null
                        : new DmsTask(mappings, task.get("dms_settings"), task.get("dms_migration_type")));
    }

    private String taskFile(String field) throws IOException {
        next();
        if (scalar()) {
            return parser.getText();
        }
        fault("after '" + field + "' stands one name");
        parser.skipChildren();
        return "";
    }

    /** Jackson's own location is that of what was read last. */
    private static int line(JsonProcessingException e) {
        if (e.getCause() instanceof MarkedYAMLException marked && marked.getProblemMark() != null) {
            return marked.getProblemMark().getLine() + 1;
        }
        return e.getLocation() == null ? 1 : e.getLocation().getLineNr();
    }

    /** Its sentences. The lines that are set in show the place, with what stands there. */
    private static String said(JsonProcessingException e) {
        return e.getOriginalMessage()
                .lines()
                .filter(line -> !line.isBlank() && !Character.isWhitespace(line.charAt(0)))
                .collect(Collectors.joining(": "));
    }

    private void tables(List<Declaration> declarations) throws IOException {
        while (next() == JsonToken.FIELD_NAME) {
            String table = parser.currentName();
            int line = line();
            Integer before = seen.putIfAbsent(table, line);
            if (before != null) {
                fault(table + " is declared already in line " + before);
            }
            JsonToken value = next();
            if (value == JsonToken.START_OBJECT) {
                declarations.add(new Declaration(line, attachment(table)));
            } else if (value == JsonToken.VALUE_NULL || parser.getText().isEmpty()) {
                declarations.add(new Declaration(line, Attachment.of(table)));
            } else {
                fault("after " + table + ": expected its options, one to a line, or nothing; the options are "
                        + ALLOWED);
                parser.skipChildren();
            }
        }
    }

    private Attachment attachment(String table) throws IOException {
        Map<String, List<String>> lists = new HashMap<>();
        Map<String, String> words = new HashMap<>();
        boolean before = true;
        while (next() == JsonToken.FIELD_NAME) {
            String option = parser.currentName();
            if (lists.containsKey(option) || words.containsKey(option)) {
                fault(table + ": '" + option + "' is given twice");
            }
            switch (option) {
                case "key", "exclude", "mask", "rename" -> lists.put(option, names(table, option));
                case "operations" -> {
                    List<String> operations = names(table, option);
                    operations.forEach(operation -> oneOf(table, option, operation, OPERATIONS));
                    lists.put(option, operations);
                }
                case "stream", "format", "rename_schema", "rename_table" -> words.put(option, word(table, option));
                case "on_quarantine", "capture", "without_key" -> {
                    String word = word(table, option);
                    oneOf(table, option, word, WORDS.getOrDefault(option, List.of()));
                    words.put(option, word);
                }
                case "before" -> {
                    words.put(option, "");
                    before = truth(table);
                }
                case "event_router" -> lists.put(option, router(table, option));
                default -> {
                    fault(table + ": unknown option '" + option + "'; allowed are " + ALLOWED);
                    next();
                    parser.skipChildren();
                }
            }
        }
        return new Attachment(
                table,
                lists.getOrDefault("key", List.of()),
                lists.getOrDefault("exclude", List.of()),
                lists.getOrDefault("mask", List.of()),
                before,
                lists.getOrDefault("operations", List.of()),
                words.get("stream"),
                words.get("format"),
                words.get("on_quarantine"),
                words.get("capture"),
                words.get("without_key"),
                lists.getOrDefault("rename", List.of()),
                words.get("rename_schema"),
                words.get("rename_table"),
                null,
                null,
                null,
                lists.get("event_router"));
    }

    /** True stands for an outbox table whose columns have the usual names. */
    private List<String> router(String table, String option) throws IOException {
        JsonToken token = next();
        if (token == JsonToken.VALUE_TRUE) {
            return List.of();
        }
        if (token != JsonToken.VALUE_FALSE && (token == JsonToken.START_ARRAY || scalar())) {
            return listed(table, option);
        }
        fault(table + ": '" + option + "' is true, or a list such as [key=aggregate_id, delete]");
        parser.skipChildren();
        return List.of();
    }

    private List<String> names(String table, String option) throws IOException {
        next();
        return listed(table, option);
    }

    private List<String> listed(String table, String option) throws IOException {
        List<String> names = new ArrayList<>();
        if (parser.currentToken() == JsonToken.START_ARRAY) {
            while (next() != JsonToken.END_ARRAY) {
                name(table, option, names);
            }
        } else {
            name(table, option, names);
        }
        if (names.isEmpty()) {
            fault(table + ": '" + option + "' names nothing; leave it out for the default");
        }
        return names;
    }

    private void name(String table, String option, List<String> names) throws IOException {
        JsonToken token = parser.currentToken();
        if (token == JsonToken.VALUE_TRUE || token == JsonToken.VALUE_FALSE) {
            // What YAML takes for a truth value, such as no, may well be a column's name.
            fault(table + ": '" + option + "' is a list of names: put one that reads like true or false in quotes");
        } else if (scalar()) {
            names.add(parser.getText());
            return;
        } else {
            fault(table + ": '" + option + "' is a list of names, such as [a, b]");
            parser.skipChildren();
        }
        names.add("");
    }

    private String word(String table, String option) throws IOException {
        next();
        if (scalar()) {
            return parser.getText();
        }
        fault(table + ": '" + option + "' is one word");
        parser.skipChildren();
        return "";
    }

    private boolean truth(String table) throws IOException {
        JsonToken token = next();
        if (token != JsonToken.VALUE_TRUE && token != JsonToken.VALUE_FALSE) {
            fault(table + ": 'before' is true or false");
            parser.skipChildren();
        }
        return token != JsonToken.VALUE_FALSE;
    }

    private void oneOf(String table, String option, String given, List<String> allowed) {
        if (!given.isEmpty() && !allowed.contains(given)) {
            fault(table + ": '" + option + "' knows no '" + given + "'; allowed are " + String.join(", ", allowed));
        }
    }

    private boolean scalar() {
        return parser.currentToken() != null
                && parser.currentToken().isScalarValue()
                && parser.currentToken() != JsonToken.VALUE_NULL;
    }

    private @Nullable JsonToken next() throws IOException {
        JsonToken token = parser.nextToken();
        if (token != null && parser.isCurrentAlias()) {
            fault("aliases (*" + parser.getText() + ") are not supported: write it out");
        }
        return token;
    }

    private int line() {
        return parser.currentTokenLocation().getLineNr();
    }

    private void fault(String text) {
        faults.add(name + ":" + line() + ": " + text);
    }
}
