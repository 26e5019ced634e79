package dev.leat.types;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What {@code values.txt} lists.
 *
 * @param extensions to be created by the superuser
 * @param statements to be run before anything else
 * @param reasons types of the catalog that are left out, with why
 * @param values SQL expressions by type
 */
record TypeValues(
        List<String> extensions,
        List<String> statements,
        Map<String, String> reasons,
        Map<String, List<String>> values) {

    private static final Pattern FROM_VERSION = Pattern.compile(">= (\\d+): (.*)");

    /** Reads the list for a server of that major version. */
    static TypeValues read(int version) {
        TypeValues read =
                new TypeValues(new ArrayList<>(), new ArrayList<>(), new LinkedHashMap<>(), new LinkedHashMap<>());
        String type = "";
        for (String line : text().split("\n")) {
            if (line.startsWith("[") && line.endsWith("]")) {
                type = line.substring(1, line.length() - 1);
                read.values.put(type, new ArrayList<>());
            } else if (line.startsWith("!extension ")) {
                read.extensions.add(line.substring(11));
            } else if (line.startsWith("! ")) {
                read.statements.add(line.substring(2));
            } else if (line.startsWith("- ")) {
                String[] parts = line.substring(2).split(": ", 2);
                read.reasons.put(parts[0], parts[1]);
            } else if (!line.isEmpty() && !line.startsWith("#")) {
                Matcher since = FROM_VERSION.matcher(line);
                boolean versioned = since.matches();
                if (!versioned || Integer.parseInt(since.group(1)) <= version) {
                    Objects.requireNonNull(read.values.get(type), line).add(versioned ? since.group(2) : line);
                }
            }
        }
        return read;
    }

    private static String text() {
        try (InputStream file = Objects.requireNonNull(TypeValues.class.getResourceAsStream("values.txt"))) {
            return new String(file.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
