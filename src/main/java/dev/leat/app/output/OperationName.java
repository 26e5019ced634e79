package dev.leat.app.output;

import dev.leat.Operation;

/** What an operation is called in what {@code leat status} prints. */
final class OperationName {

    private OperationName() {}

    static String of(Operation operation) {
        return switch (operation) {
            case CREATE -> "insert";
            case UPDATE -> "update";
            case DELETE -> "delete";
            case READ -> "read";
            case TRUNCATE -> "truncate";
            case MESSAGE -> "message";
        };
    }
}
