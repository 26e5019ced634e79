package dev.leat.dms.file;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the settings of a Kinesis endpoint of DMS, alone or as {@code KinesisSettings} of a larger file, and the {@code
 * BeforeImageSettings} of a task. Names are read as the API, the CDK and Terraform write them: {@code MessageFormat}, {@code
 * messageFormat} and {@code message_format} are the same.
 */
public final class SettingsFile {

    private static final Map<String, String> OPTIONS = Map.of(
            "includenullandempty", "null-and-empty",
            "includepartitionvalue", "partition-value",
            "partitionincludeschematable", "partition-include-schema-table",
            "includetransactiondetails", "transaction-details",
            "nohexprefix", "no-hex-prefix");

    private static final Map<String, String> UNSUPPORTED = Map.of(
            "includecontroldetails", "no control records of tables are sent yet",
            "includetablealteroperations", "no control records of DDL are sent yet");

    private static final Map<String, String> WITHOUT_EFFECT = Map.of(
            "streamarn", "the stream is the poller's, or that of --stream",
            "serviceaccessrolearn", "the poller has its own credentials",
            "uselargeintegervalue", "integers have all their digits in any case");

    private static final Set<String> COLUMN_FILTERS = Set.of("pk-only", "non-lob", "all");

    private final MappingFindings findings;
    private final List<String> options = new ArrayList<>();
    private final List<String> unsupported = new ArrayList<>();

    private SettingsFile(MappingFindings findings) {
        this.findings = findings;
    }

    /**
     * What the settings come to.
     *
     * @param format the format of the tables, for {@code leat.attach}
     * @param notices what has no effect
     * @param unsupported what cannot be done yet
     */
    public record MessageSettings(String format, List<String> notices, List<String> unsupported) {
        public MessageSettings {
            notices = List.copyOf(notices);
            unsupported = List.copyOf(unsupported);
        }
    }

    /**
     * @param name of the file, for messages
     * @throws dev.leat.settings.InvalidSettings with every fault, each with its line
     */
    public static MessageSettings read(String name, String text) {
        MappingFindings findings = new MappingFindings(name);
        SettingsFile file = new SettingsFile(findings);
        JsonValue document = JsonTree.read(text, findings);
        if (!document.object()) {
            throw findings.raised(document.line(), "the settings are to be an object: write {\"MessageFormat\": …}");
        }
        file.endpoint(document);
        findings.raise();
        file.options.add(0, "dms");
        return new MessageSettings(String.join(":", file.options), findings.notices(), file.unsupported);
    }

    private void endpoint(JsonValue settings) {
        settings.members().forEach((name, value) -> {
            String plain = plain(name);
            if (value.object() && plain.equals("kinesissettings")) {
                endpoint(value);
            } else if (value.object() && plain.equals("beforeimagesettings")) {
                beforeImage(value);
            } else if (value.absent() || plain.equals("beforeimagesettings")) {
                findings.notice(
                        value.line(), name + " is " + (value.absent() ? "null" : "no object") + " and has no effect");
            } else if (plain.equals("messageformat")) {
                messageFormat(value);
            } else if (OPTIONS.containsKey(plain)) {
                if (truth(name, value)) {
                    options.add(String.valueOf(OPTIONS.get(plain)));
                }
            } else if (UNSUPPORTED.containsKey(plain)) {
                if (truth(name, value)) {
                    unsupported.add(name + " is not supported yet: " + UNSUPPORTED.get(plain));
                }
            } else {
                findings.notice(
                        value.line(),
                        name + " has no effect and is ignored"
                                + (WITHOUT_EFFECT.containsKey(plain) ? ": " + WITHOUT_EFFECT.get(plain) : ""));
            }
        });
    }

    private void messageFormat(JsonValue value) {
        String format = value.text().toLowerCase(Locale.ROOT).replace('_', '-');
        if (format.equals("json-unformatted")) {
            options.add(format);
        } else if (!format.equals("json")) {
            findings.fault(value.line(), "MessageFormat is \"" + value.text() + "\": it is json or json-unformatted");
        }
    }

    private void beforeImage(JsonValue settings) {
        boolean enabled = false;
        @Nullable String field = null;
        String filter = "pk-only";
        for (Map.Entry<String, JsonValue> member : settings.members().entrySet()) {
            JsonValue value = member.getValue();
            switch (plain(member.getKey())) {
                case "enablebeforeimage" -> enabled = truth(member.getKey(), value);
                case "fieldname" -> field = value.text();
                case "columnfilter" -> {
                    filter = value.text().toLowerCase(Locale.ROOT);
                    if (!COLUMN_FILTERS.contains(filter)) {
                        findings.fault(
                                value.line(),
                                "ColumnFilter is \"" + value.text() + "\": it is pk-only, non-lob or all");
                    }
                }
                default -> findings.notice(value.line(), member.getKey() + " has no effect and is ignored");
            }
        }
        if (!enabled) {
            return;
        }
        if (field == null || !field.matches("[^,:]{1,128}")) {
            findings.fault(
                    settings.line(),
                    "EnableBeforeImage is true, and FieldName is " + (field == null ? "missing" : "\"" + field + "\"")
                            + ": it has 1 to 128 characters, and neither a comma nor a colon");
            return;
        }
        options.add("before-image=" + field);
        options.add("before-image-columns=" + filter);
    }

    private boolean truth(String name, JsonValue value) {
        String text = value.text().toLowerCase(Locale.ROOT);
        if (!text.equals("true") && !text.equals("false")) {
            findings.fault(value.line(), name + " is \"" + value.text() + "\": it is true or false");
        }
        return text.equals("true");
    }

    private static String plain(String name) {
        return name.toLowerCase(Locale.ROOT).replace("_", "").replace("-", "");
    }
}
