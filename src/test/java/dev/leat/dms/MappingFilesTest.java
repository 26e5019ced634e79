package dev.leat.dms;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.dms.file.MappingFile;
import dev.leat.settings.InvalidSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
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
        assertThat(decided(name, tables))
                .as(name)
                .containsExactlyElementsOf(beside.stream()
                        .dropWhile(line -> !line.isEmpty())
                        .skip(1)
                        .toList());
    }

    private static List<String> decided(String name, List<CatalogTable> tables) throws IOException {
        try {
            MappingPlan plan =
                    MappingPlanner.plan(MappingFile.read(name, Files.readString(FILES.resolve(name))), tables);
            List<String> lines = new ArrayList<>(PlanText.lines(plan));
            for (TablePlan table : plan.selected()) {
                Applicability applicability = Applicability.of(table);
                applicability.unsupported().forEach(each -> lines.add("unsupported: " + each));
                if (!applicability.attachable()) {
                    lines.add("not attached: " + table.table());
                }
            }
            plan.notices().forEach(notice -> lines.add("notice: " + notice));
            plan.faults().forEach(fault -> lines.add("fault: " + fault));
            return lines;
        } catch (InvalidSettings e) {
            return e.faults().stream().map(fault -> "fault: " + fault).toList();
        }
    }
}
