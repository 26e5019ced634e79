package dev.leat.dms;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A type as DMS names it, which is no type of PostgreSQL.
 *
 * @param type one of {@link #TYPES}
 */
public record DataType(
        String type,
        @Nullable Integer precision,
        @Nullable Integer scale,
        @Nullable Integer length) {

    /** DMS's own, and {@code decimal}, which files use for {@code numeric}. */
    public static final List<String> TYPES = List.of(
            "bytes",
            "date",
            "time",
            "datetime",
            "int1",
            "int2",
            "int4",
            "int8",
            "numeric",
            "decimal",
            "real4",
            "real8",
            "string",
            "uint1",
            "uint2",
            "uint4",
            "uint8",
            "wstring",
            "blob",
            "nclob",
            "clob",
            "boolean",
            "set",
            "list",
            "map",
            "tuple");

    /** Such as {@code string(36)} or {@code numeric(10,2)}. */
    @Override
    public String toString() {
        String sizes = Stream.of(length, precision, scale)
                .filter(size -> size != null)
                .map(String::valueOf)
                .collect(Collectors.joining(","));
        return sizes.isEmpty() ? type : type + "(" + sizes + ")";
    }
}
