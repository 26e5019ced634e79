package dev.leat.settings;

import java.util.List;

/** Some settings are invalid; the message names every fault. */
public final class InvalidSettings extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    private final transient List<String> faults;

    /**
     * @param faults one sentence for each, at least one
     */
    public InvalidSettings(List<String> faults) {
        super(String.join("; ", faults));
        this.faults = List.copyOf(faults);
    }

    public List<String> faults() {
        return faults;
    }
}
