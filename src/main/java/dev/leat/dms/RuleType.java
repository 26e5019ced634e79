package dev.leat.dms;

/** The types of rules in a file of table mappings. */
public enum RuleType {
    SELECTION("selection"),
    TRANSFORMATION("transformation"),
    TABLE_SETTINGS("table-settings"),
    OBJECT_MAPPING("object-mapping"),
    /** Tags for files in Amazon S3: without a meaning on a stream. */
    POST_PROCESSING("post-processing");

    private final String word;

    RuleType(String word) {
        this.word = word;
    }

    /** As files have it. */
    public String word() {
        return word;
    }
}
