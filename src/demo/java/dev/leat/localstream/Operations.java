package dev.leat.localstream;

import java.util.HashMap;
import java.util.Map;

/** The operations of the endpoint, by name. */
final class Operations {

    /** Checks a request, applies it, and returns a writer of the answer. */
    @FunctionalInterface
    interface Operation {
        Output.Answer apply(Input input, FaultPlan plan);
    }

    /** An operation that meets no faults of its own. */
    @FunctionalInterface
    interface Plain {
        Output.Answer apply(Input input);
    }

    private final Map<String, Operation> byName = new HashMap<>();

    Operations(Streams streams) {
        new StreamOperations(streams).addTo(this);
        new SettingOperations(streams).addTo(this);
        new ShardOperations(streams).addTo(this);
        new PutOperations(streams).addTo(this);
        new GetOperations(streams).addTo(this);
    }

    void add(String name, Operation operation) {
        byName.put(name, operation);
    }

    void addPlain(String name, Plain operation) {
        byName.put(name, (input, plan) -> operation.apply(input));
    }

    Output.Answer apply(String name, Input input, FaultPlan plan) {
        Operation operation = byName.get(name);
        if (operation == null) {
            throw ServiceError.unknownOperation(name);
        }
        return operation.apply(input, plan);
    }
}
