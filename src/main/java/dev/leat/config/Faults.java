package dev.leat.config;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Gathers what is wrong with some settings, so that all of it is said at once. */
final class Faults {

    private final List<String> found = new ArrayList<>();

    void add(String fault) {
        found.add(fault);
    }

    void addAll(InvalidSettings invalid) {
        found.addAll(invalid.faults());
    }

    void range(Setting setting, int value, int least, int most) {
        if (value < least || value > most) {
            add(setting + " is " + value + ", but must lie between " + least + " and " + most);
        }
    }

    void range(Setting setting, Duration value, Duration least, Duration most) {
        if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
            add(setting + " is " + Durations.format(value) + ", but must lie between " + Durations.format(least)
                    + " and " + Durations.format(most));
        }
    }

    void notBlank(Setting setting, String value) {
        if (value.isBlank()) {
            add(setting + " is blank");
        }
    }

    /**
     * @throws InvalidSettings when anything was found
     */
    void raise() {
        if (!found.isEmpty()) {
            throw new InvalidSettings(found);
        }
    }
}
