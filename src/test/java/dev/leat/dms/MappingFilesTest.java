package dev.leat.dms;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.dms.attachment.Applicability;
import dev.leat.dms.attachment.Applicability.TableOptions;
import dev.leat.dms.file.MappingFile;
import dev.leat.settings.InvalidSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Files of table mappings with what people use. Beside each stands a text with the tables of a database, a blank line, and what is to
 * be decided about them: the plan, what is not supported, notices and faults.
 */
class MappingFilesTest {

    private static final Path FILES = Path.of("src/test/resources/dev/leat/dms/mappings");

    private static Stream<String> files() throws IOException {
        try (Stream<Path> files = Files.list(FILES)) {
            return files
                    .map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".json"))
                    .sorted()
                    .toList()
                    .stream();
        }
    }

    @Test
    void thereAreFiles() throws IOException {
        assertThat(files()).hasSize(26);
    }

    @ParameterizedTest
    @MethodSource("files")
    void eachFileDecidesWhatStandsBesideIt(String name) throws IOException {
        List<String> beside = Files.readAllLines(FILES.resolve(name.replace(".json", ".txt")));
        List<CatalogTable> tables = beside.stream()
                .takeWhile(line -> !line.isEmpty())
                .map(PlanText::table)
                .toList();
        List<String> decided = decided(name, tables);
        if (Boolean.getBoolean("leat.regenerate")) {
            List<String> lines = new ArrayList<>(
                    beside.stream().takeWhile(line -> !line.isEmpty()).toList());
            lines.add("");
            lines.addAll(decided);
            Files.write(FILES.resolve(name.replace(".json", ".txt")), lines);
            return;
        }
        assertThat(decided)
                .as(name)
                .containsExactlyElementsOf(beside.stream()
                        .dropWhile(line -> !line.isEmpty())
                        .skip(1)
                        .toList());
    }

    /** The table, and its options that are not the default. */
    private static String attachment(@Nullable TableOptions options) {
        if (options == null) {
            throw new IllegalStateException("what is attachable has options");
        }
        List<String> said = new ArrayList<>(List.of(options.table()));
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("key", options.key());
        all.put("exclude", options.exclude());
        all.put("mask", options.mask());
        all.put("rename", options.rename());
        all.forEach((name, list) -> {
            if (!list.equals(List.of())) {
                said.add(name + " " + list);
            }
        });
        Stream.of(
                        options.withoutKey() == null ? "" : "without_key " + options.withoutKey(),
                        options.renameSchema() == null ? "" : "rename_schema " + options.renameSchema(),
                        options.renameTable() == null ? "" : "rename_table " + options.renameTable(),
                        options.filter() == null ? "" : "filter " + options.filter(),
                        options.transform() == null ? "" : "transform " + options.transform(),
                        options.mapping() == null ? "" : "mapping " + options.mapping())
                .filter(text -> !text.isEmpty())
                .forEach(said::add);
        return String.join("; ", said);
    }

    private static List<String> decided(String name, List<CatalogTable> tables) throws IOException {
        try {
            MappingPlan plan =
                    MappingPlanner.plan(MappingFile.read(name, Files.readString(FILES.resolve(name))), tables);
            List<String> lines = new ArrayList<>(PlanText.lines(plan));
            for (TablePlan table : plan.selected()) {
                Applicability applicability = Applicability.of(table);
                applicability.unsupported().forEach(each -> lines.add("unsupported: " + each));
                lines.add(
                        applicability.attachable()
                                ? "attached: " + attachment(applicability.options())
                                : "not attached: " + table.table());
            }
            plan.notices().forEach(notice -> lines.add("notice: " + notice));
            plan.faults().forEach(fault -> lines.add("fault: " + fault));
            return lines;
        } catch (InvalidSettings e) {
            return e.faults().stream().map(fault -> "fault: " + fault).toList();
        }
    }
}
