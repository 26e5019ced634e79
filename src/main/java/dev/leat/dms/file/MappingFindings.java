package dev.leat.dms.file;

import dev.leat.settings.Faults;
import dev.leat.settings.InvalidSettings;
import java.util.ArrayList;
import java.util.List;

/** The faults of a file, and what in it has no effect; each with its line. */
final class MappingFindings {

    private final String file;
    private final Faults faults = new Faults();
    private final List<String> notices = new ArrayList<>();

    /**
     * @param file for messages
     */
    MappingFindings(String file) {
        this.file = file;
    }

    void fault(int line, String text) {
        faults.add(at(line, text));
    }

    void notice(int line, String text) {
        notices.add(at(line, text));
    }

    List<String> notices() {
        return notices;
    }

    /**
     * @throws InvalidSettings when there are faults
     */
    void raise() {
        faults.raise();
    }

    /** Ends reading with this fault, and those that were found before. */
    InvalidSettings raised(int line, String text) {
        fault(line, text);
        try {
            faults.raise();
        } catch (InvalidSettings all) {
            return all;
        }
        throw new IllegalStateException("a fault was added and is not there");
    }

    private String at(int line, String text) {
        return file + ":" + line + ": " + text;
    }
}
