package dev.leat.localstream;

import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A decoded request, or an object within one. It checks each field that is read: a field of the wrong type causes a
 * SerializationException, and a field that breaks a constraint a ValidationException.
 */
record Input(Map<String, @Nullable Object> fields, Wire wire) {

    @Nullable
    String text(String name) {
        return get(name, String.class, "text");
    }

    /** A text of {@code min} to {@code max} characters (code points) that the pattern, if any, matches. */
    @Nullable
    String text(String name, int min, int max, @Nullable Pattern pattern) {
        String value = text(name);
        if (value == null) {
            return null;
        }
        // Code points are counted only if the number of chars, which is cheaper, does not decide.
        int length = value.length() <= max ? value.length() : value.codePointCount(0, value.length());
        if (length < min || length > max) {
            throw ServiceError.validation(name + " must have between " + min + " and " + max + " characters");
        }
        if (pattern != null && !pattern.matcher(value).matches()) {
            throw ServiceError.validation(name + " must match " + pattern);
        }
        return value;
    }

    String requiredText(String name, int min, int max, @Nullable Pattern pattern) {
        return required(name, text(name, min, max, pattern));
    }

    @Nullable
    Integer integer(String name, int min, int max) {
        Number value = get(name, Number.class, "a number");
        if (value == null) {
            return null;
        }
        if (value.longValue() < min || value.longValue() > max) {
            throw ServiceError.validation(name + " must lie between " + min + " and " + max);
        }
        return value.intValue();
    }

    int requiredInteger(String name, int min, int max) {
        return required(name, integer(name, min, max));
    }

    int integerOr(String name, int min, int max, int otherwise) {
        Integer value = integer(name, min, max);
        return value == null ? otherwise : value;
    }

    boolean flag(String name) {
        return Boolean.TRUE.equals(get(name, Boolean.class, "true or false"));
    }

    /** A time in milliseconds since the epoch: whole numbers are CBOR's milliseconds, fractions JSON's seconds. */
    @Nullable
    Long millis(String name) {
        Number value = get(name, Number.class, "a time");
        if (value == null) {
            return null;
        }
        return wire == Wire.CBOR && value instanceof Long ? value.longValue() : Math.round(value.doubleValue() * 1000);
    }

    byte[] requiredBlob(String name) {
        Object value = required(name, fields.get(name));
        if (value instanceof byte[] bytes) {
            return bytes;
        }
        if (value instanceof String text) {
            try {
                return Base64.getDecoder().decode(text);
            } catch (IllegalArgumentException e) {
                throw ServiceError.serialization(name + " is not base64: " + e.getMessage());
            }
        }
        throw ServiceError.serialization(name + " must be binary");
    }

    @Nullable
    Input object(String name) {
        Object value = fields.get(name);
        return value == null ? null : asObject(name, value);
    }

    List<Input> requiredObjects(String name, int min, int max) {
        List<?> elements = list(name, min, max);
        List<Input> objects = new ArrayList<>(elements.size());
        for (Object element : elements) {
            objects.add(asObject(name, element));
        }
        return objects;
    }

    List<String> requiredTexts(String name, int min, int max) {
        List<String> texts = new ArrayList<>();
        for (Object element : list(name, min, max)) {
            texts.add(String.valueOf(element));
        }
        return texts;
    }

    /** A map of texts; empty where the field is absent. */
    Map<String, String> textMap(String name) {
        Map<String, String> texts = new LinkedHashMap<>();
        Input map = object(name);
        if (map != null) {
            map.fields().keySet().forEach(key -> texts.put(key, map.requiredText(key, 0, 256, null)));
        }
        return texts;
    }

    private List<?> list(String name, int min, int max) {
        List<?> elements = required(name, get(name, List.class, "a list"));
        if (elements.size() < min || elements.size() > max) {
            throw ServiceError.validation(name + " must have between " + min + " and " + max + " elements");
        }
        return elements;
    }

    @SuppressWarnings("unchecked")
    private Input asObject(String name, @Nullable Object value) {
        if (value instanceof Map<?, ?> map) {
            return new Input((Map<String, @Nullable Object>) map, wire);
        }
        throw ServiceError.serialization(name + " must be an object");
    }

    private <T> @Nullable T get(String name, Class<T> type, String typeName) {
        Object value = fields.get(name);
        if (value != null && !type.isInstance(value)) {
            throw ServiceError.serialization(name + " must be " + typeName);
        }
        return type.cast(value);
    }

    private static <T> T required(String name, @Nullable T value) {
        if (value == null) {
            throw ServiceError.validation(name + " must not be null");
        }
        return value;
    }
}
