package dev.leat.app;

import dev.leat.app.connection.ExitCode;
import dev.leat.app.connection.Fault;
import dev.leat.config.Settings;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * Arguments that may hold a password. Every user of a machine can read the command lines of its processes, so Leat takes
 * no password from there. Messages about wrong arguments do not repeat them, because one of them may be a misplaced
 * password.
 */
final class CommandLineSecrets {

    private static final Pattern LIKE_A_PASSWORD = Pattern.compile("-.*(pas|pw|secret).*");
    private static final Pattern OPTION = Pattern.compile("--[a-z][a-z-]*");
    private static final Pattern COMMAND = Pattern.compile("[a-z][a-z-]*");

    private CommandLineSecrets() {}

    /**
     * @throws Fault if an argument looks like a password
     */
    static void refuse(CommandLine line, String... arguments) {
        Set<String> known = options(line);
        String asked = Settings.DATABASE_PASSWORD.option();
        for (int i = 0; i < arguments.length; i++) {
            String name = name(arguments[i]);
            boolean valueFollows = i + 1 < arguments.length && !known.contains(name(arguments[i + 1]));
            boolean misspelled = !known.contains(name)
                    && LIKE_A_PASSWORD.matcher(name.toLowerCase(Locale.ROOT)).matches();
            if (misspelled || name.equals(asked) && (!arguments[i].equals(asked) || valueFollows)) {
                throw new Fault(
                        ExitCode.USAGE,
                        "no password is taken from the command line, which other users of this machine can read: set "
                                + Settings.DATABASE_PASSWORD.environment() + ", or end with " + asked
                                + " alone, and it is asked for");
            }
        }
    }

    private static Set<String> options(CommandLine line) {
        Set<String> names = new HashSet<>(line.getCommandSpec().optionsMap().keySet());
        line.getSubcommands().values().forEach(command -> names.addAll(options(command)));
        return names;
    }

    private static String name(String argument) {
        int sign = argument.indexOf('=');
        return sign < 0 ? argument : argument.substring(0, sign);
    }

    /** The message about unknown arguments: it has the names of options, and the positions of other arguments. */
    static String unknown(UnmatchedArgumentException thrown, String... arguments) {
        List<String> given = Arrays.asList(arguments);
        Set<String> said = new LinkedHashSet<>();
        for (String argument : thrown.getUnmatched()) {
            String name = name(argument);
            int place = given.indexOf(argument) + 1;
            if (OPTION.matcher(name).matches()) {
                said.add("option " + name);
            } else if (place == 1 && COMMAND.matcher(argument).matches()) {
                said.add("command " + argument);
            } else {
                said.add(place == 0 ? "an argument" : "argument " + place);
            }
        }
        return "not known: " + String.join(", ", said);
    }
}
