package dev.leat.dms;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The form of a table's records, and their partition key.
 *
 * @param document the columns stand in a document of their own, {@code _doc}
 * @param excluded columns that are no attributes of the record; a mapping may use them
 */
public record ObjectMappingRule(
        RuleName rule,
        Locator locator,
        boolean document,
        KeyChoice key,
        List<String> excluded,
        List<AttributeMapping> attributes)
        implements MappingRule {

    public ObjectMappingRule {
        excluded = List.copyOf(excluded);
        attributes = List.copyOf(attributes);
    }

    /** Where the partition key comes from. */
    public enum PartitionKeyType {
        DEFAULT("default"),
        SCHEMA_TABLE("schema-table"),
        PRIMARY_KEY("primary-key"),
        TRANSACTION_ID("transaction-id"),
        CONSTANT("constant"),
        ATTRIBUTE_NAME("attribute-name");

        private final String word;

        PartitionKeyType(String word) {
            this.word = word;
        }

        public String word() {
            return word;
        }
    }

    /**
     * The partition key that a rule asks for.
     *
     * @param value the constant; or a text with <code>${column}</code>; or the name of a column or of a mapped attribute; null for the
     *     other types
     */
    public record KeyChoice(PartitionKeyType type, @Nullable ValueTemplate value) {
        public static final KeyChoice DEFAULT = new KeyChoice(PartitionKeyType.DEFAULT, null);
    }

    /** An attribute that is made of columns. */
    public record AttributeMapping(String name, String subType, MappedValue value) {}

    /** The value of a mapped attribute. */
    public sealed interface MappedValue {}

    /** One text. */
    public record MappedText(ValueTemplate text) implements MappedValue {}

    /** An object with values inside, in the order of the file. */
    public record MappedDocument(Map<String, MappedValue> members) implements MappedValue {}
}
