package dev.leat.settings;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Collects what is wrong with some settings, so that all faults are reported at once. */
public final class Faults {

    private final List<String> found = new ArrayList<>();

    /**
     * @param fault null: nothing is wrong
     */
    public void add(@Nullable String fault) {
        if (fault != null) {
            found.add(fault);
        }
    }

    public void addAll(InvalidSettings invalid) {
        found.addAll(invalid.faults());
    }

    /** Checks a value, unless it is not set. */
    public <T> void check(Setting<T> setting, @Nullable T value) {
        if (value != null) {
            add(setting.fault(value));
        }
    }

    /**
     * @throws InvalidSettings when anything was found
     */
    public void raise() {
        if (!found.isEmpty()) {
            throw new InvalidSettings(found);
        }
    }
}
