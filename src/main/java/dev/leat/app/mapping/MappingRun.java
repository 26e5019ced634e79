package dev.leat.app.mapping;

import dev.leat.admin.Attachments;
import dev.leat.admin.Attachments.Attached;
import dev.leat.admin.Catalog;
import dev.leat.admin.Loads;
import dev.leat.app.connection.ExitCode;
import dev.leat.app.connection.Fault;
import dev.leat.config.Attachment;
import dev.leat.database.PinnedDataSource;
import dev.leat.dms.MappingPlan;
import dev.leat.dms.MappingPlanner;
import dev.leat.dms.SelectionRule;
import dev.leat.dms.TableMappings;
import dev.leat.dms.TablePlan;
import dev.leat.dms.attachment.Applicability.TableOptions;
import dev.leat.dms.attachment.Applicability.Unsupported;
import dev.leat.dms.file.SettingsFile.MessageSettings;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Shows what a file of table mappings does with the tables of a database, or does it: all of it in one transaction, or nothing. */
public final class MappingRun {

    private final TableMappings mappings;
    private final @Nullable MessageSettings settings;
    private final Beside beside;
    private final MappingOptions options;
    private final PrintWriter out;
    private final PrintWriter err;
    private List<String> tables = List.of();

    /**
     * What is given beside the file, for all its tables.
     *
     * @param stream null: the poller's
     * @param format null: that of the settings, or else the poller's
     */
    public record Beside(@Nullable String stream, @Nullable String format) {}

    public MappingRun(
            TableMappings mappings,
            @Nullable MessageSettings settings,
            Beside beside,
            MappingOptions options,
            PrintWriter out,
            PrintWriter err) {
        this.mappings = mappings;
        this.settings = settings;
        this.beside = beside;
        this.options = options;
        this.out = out;
        this.err = err;
    }

    /** The tables that were to be attached, as SQL writes them: for advice on rights. Empty before {@link #run}. */
    public List<String> tables() {
        return tables;
    }

    /**
     * @return an exit code; {@link ExitCode#NOT_WELL} of a dry run that shows a file which would be refused
     * @throws Fault when the file is refused, with a line for each reason
     */
    public int run(PinnedDataSource database) {
        MappingPlan plan = MappingPlanner.plan(mappings, new Catalog(database).tables());
        List<PlannedTable> planned =
                plan.tables().stream().map(PlannedTable::of).toList();
        List<String> refusals = refusals(plan, planned);
        if (options.dryRun()) {
            show(plan, planned, refusals);
            return refusals.isEmpty() ? ExitCode.DONE : ExitCode.NOT_WELL;
        }
        if (!refusals.isEmpty()) {
            throw new Fault(ExitCode.REFUSED, refusals);
        }
        attach(new Attachments(database), new Loads(database), plan, planned);
        return ExitCode.DONE;
    }

    private List<String> refusals(MappingPlan plan, List<PlannedTable> planned) {
        List<String> refusals = new ArrayList<>(plan.faults());
        if (!options.skipUnsupported()) {
            refusals.addAll(unsupported(planned));
            refusals.addAll(settings == null ? List.of() : settings.unsupported());
        }
        return refusals;
    }

    /** One line for each rule and for what it asks for, however many tables and columns that is about. */
    private List<String> unsupported(List<PlannedTable> planned) {
        Map<List<Object>, List<Unsupported>> alike = new LinkedHashMap<>();
        planned.stream()
                .flatMap(table -> table.unsupported().stream())
                .forEach(each -> alike.computeIfAbsent(List.of(each.rule(), each.feature()), pair -> new ArrayList<>())
                        .add(each));
        return alike.values().stream()
                .map(each -> mappings.file() + ":" + each.get(0).rule().line() + ": " + each.get(0)
                        + (each.size() == 1 ? "" : " (and " + (each.size() - 1) + " more)"))
                .toList();
    }

    private void show(MappingPlan plan, List<PlannedTable> planned, List<String> refusals) {
        if (options.json()) {
            MappingJson.print(out, plan, planned, refusals.isEmpty());
            return;
        }
        MappingText.lines(planned).forEach(out::println);
        plan.notices().forEach(this::notice);
        refusals.forEach(refusal -> err.println("leat: " + refusal));
    }

    private void attach(Attachments attachments, Loads loads, MappingPlan plan, List<PlannedTable> planned) {
        plan.notices().forEach(this::notice);
        unsupported(planned).forEach(each -> err.println("leat: skipped: " + each));
        if (settings != null) {
            settings.notices().forEach(this::notice);
            settings.unsupported().forEach(each -> err.println("leat: skipped: " + each));
        }
        List<Attachment> wanted = planned.stream()
                .filter(PlannedTable::attached)
                .map(table -> table.applicability() == null
                        ? null
                        : attachment(table.applicability().options()))
                .filter(Objects::nonNull)
                .toList();
        tables = wanted.stream().map(Attachment::table).toList();
        List<String> added = new ArrayList<>();
        for (Attached each : attachments.attachAll(wanted)) {
            out.println(each.table() + ": " + each.change());
            each.warnings().forEach(warning -> err.println("leat: warning: " + warning));
            if (each.change().equals("attached")) {
                added.add(each.table());
            }
        }
        if (options.loads()) {
            load(loads, inLoadOrder(planned, added));
        }
        planned.stream()
                .filter(table -> table.plan().selected() && !table.attached())
                .forEach(table -> out.println(table.plan().table().sqlName()
                        + ": not attached, because more than the file says would leave without what was skipped"));
        attachments
                .others(tables)
                .forEach(other -> out.println(other + ": attached, though the file does not ask for it"));
    }

    /** Tables whose rule has a higher load-order come first, and those without one last. */
    private static List<String> inLoadOrder(List<PlannedTable> planned, List<String> tables) {
        return planned.stream()
                .map(PlannedTable::plan)
                .filter(plan -> tables.contains(plan.table().sqlName()))
                .sorted(Comparator.comparing(
                        MappingRun::loadOrder, Comparator.nullsLast(Comparator.<Integer>reverseOrder())))
                .map(plan -> plan.table().sqlName())
                .toList();
    }

    private static @Nullable Integer loadOrder(TablePlan plan) {
        SelectionRule selection = plan.selection();
        return selection == null ? null : selection.loadOrder();
    }

    private void load(Loads loads, List<String> wanted) {
        if (!wanted.isEmpty()) {
            loads.load(wanted, Loads.LoadOptions.WHOLE)
                    .warnings()
                    .forEach(warning -> err.println("leat: warning: " + warning));
            wanted.forEach(table -> out.println(table + ": to be loaded"));
        }
    }

    private @Nullable Attachment attachment(@Nullable TableOptions options) {
        String format = settings == null ? beside.format() : settings.format();
        return options == null
                ? null
                : new Attachment(
                        options.table(),
                        options.key(),
                        options.exclude(),
                        options.mask(),
                        true,
                        List.of(),
                        beside.stream(),
                        format,
                        null,
                        null,
                        options.withoutKey(),
                        options.rename(),
                        options.renameSchema(),
                        options.renameTable(),
                        options.filter(),
                        options.transform(),
                        options.mapping(),
                        null);
    }

    private void notice(String notice) {
        err.println("leat: notice: " + notice);
    }
}
