package dev.leat.dms.file;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.io.JsonEOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads a JSON document with the line of each value, which the tree of Jackson's databind does not keep. */
final class JsonTree {

    private final JsonParser parser;
    private final MappingFindings findings;

    private JsonTree(JsonParser parser, MappingFindings findings) {
        this.parser = parser;
        this.findings = findings;
    }

    /**
     * @throws dev.leat.settings.InvalidSettings when the text is no JSON, with its line
     */
    static JsonValue read(String text, MappingFindings findings) {
        // A byte order mark is no part of the text.
        String json = text.startsWith("\uFEFF") ? text.substring(1) : text;
        try (JsonParser parser = new JsonFactory().createParser(json)) {
            if (parser.nextToken() == null) {
                throw findings.raised(1, "the file is empty: it should hold {\"rules\": […]}");
            }
            JsonValue value = new JsonTree(parser, findings).value();
            if (parser.nextToken() != null) {
                throw findings.raised(line(parser), "after the document's end stands more: keep one document");
            }
            return value;
        } catch (JsonEOFException e) {
            throw findings.raised(line(e), "the file ends before its JSON does: it is cut off, write it again");
        } catch (JsonProcessingException e) {
            throw findings.raised(line(e), "not JSON: " + e.getOriginalMessage());
        } catch (IOException e) {
            throw new UncheckedIOException("reading a string failed", e);
        }
    }

    private static int line(JsonParser parser) {
        return parser.currentTokenLocation().getLineNr();
    }

    private static int line(JsonProcessingException e) {
        return e.getLocation() == null ? 1 : e.getLocation().getLineNr();
    }

    private JsonValue value() throws IOException {
        JsonToken token = parser.currentToken();
        int line = line(parser);
        return switch (token) {
            case START_OBJECT -> new JsonValue(token, line, "", List.of(), members());
            case START_ARRAY -> new JsonValue(token, line, "", items(), Map.of());
            default -> new JsonValue(token, line, parser.getText(), List.of(), Map.of());
        };
    }

    private List<JsonValue> items() throws IOException {
        List<JsonValue> items = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            items.add(value());
        }
        return items;
    }

    private Map<String, JsonValue> members() throws IOException {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            int line = line(parser);
            parser.nextToken();
            JsonValue value = value();
            JsonValue before = members.put(name, value);
            if (before != null && !before.same(value)) {
                findings.fault(
                        line,
                        "\"" + name + "\" stands twice in one object, and first in line " + before.line()
                                + ": keep one of them");
            }
        }
        return members;
    }
}
