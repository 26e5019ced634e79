package dev.leat.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.settings.InvalidSettings;
import java.io.IOException;
import java.io.StringReader;
import java.util.List;
import org.junit.jupiter.api.Test;

class TablesFileTest {

    private static List<Attachment> read(String text) throws IOException {
        return TablesFile.read("tables.yaml", new StringReader(text)).tables().stream()
                .map(TablesFile.Declaration::attachment)
                .toList();
    }

    private static void assertRefused(String text, String... faults) {
        assertThatThrownBy(() -> read(text)).isInstanceOfSatisfying(InvalidSettings.class, invalid -> {
            assertThat(invalid.faults()).hasSameSizeAs(faults);
            for (int i = 0; i < faults.length; i++) {
                assertThat(invalid.faults().get(i)).contains(faults[i]);
            }
        });
    }

    @Test
    void everyOptionIsRead() throws IOException {
        assertThat(read("""
                        # what the shop publishes
                        tables:
                          public.orders:
                            key: [customer_id, "Region"]
                            exclude: card_number
                            mask:
                              - email
                            before: false
                            operations: [insert, delete]
                            stream: orders
                            format: trigger:both
                            on_quarantine: pass
                            capture: statement
                            without_key: whole-row
                            rename: [state=status]
                            rename_schema: landing
                            rename_table: src_orders
                          public.items:
                          public.carts: {}
                        """))
                .containsExactly(
                        new Attachment(
                                "public.orders",
                                List.of("customer_id", "Region"),
                                List.of("card_number"),
                                List.of("email"),
                                false,
                                List.of("insert", "delete"),
                                "orders",
                                "trigger:both",
                                "pass",
                                "statement",
                                "whole-row",
                                List.of("state=status"),
                                "landing",
                                "src_orders",
                                null,
                                null,
                                null,
                                null),
                        plain("public.items"),
                        plain("public.carts"));
    }

    private static Attachment plain(String table) {
        return Attachment.of(table);
    }

    @Test
    void anEventRouterIsTrueOrAList() throws Exception {
        assertThat(
                        read(
                                "tables: {a.b: {event_router: true}, a.c: {event_router: [key=k, delete]}, a.d: {event_router: delete}}"))
                .extracting(Attachment::eventRouter)
                .containsExactly(List.of(), List.of("key=k", "delete"), List.of("delete"));
        assertRefused("""
                tables:
                  a.b:
                    event_router: false
                """, "tables.yaml:3: a.b: 'event_router' is true, or a list such as [key=aggregate_id, delete]");
    }

    @Test
    void aTypoIsRefusedWithItsLineAndWhatIsAllowed() {
        assertRefused(
                """
                tables:
                  public.orders:
                    excludes: [card_number]
                    before: perhaps
                  public.items:
                    on_quarantine: ignore
                    operations: [upsert]
                table:
                  public.carts:
                """,
                "tables.yaml:3: public.orders: unknown option 'excludes'; allowed are key, without_key, exclude,",
                "tables.yaml:4: public.orders: 'before' is true or false",
                "tables.yaml:6: public.items: 'on_quarantine' knows no 'ignore'; allowed are wait, pass",
                "tables.yaml:7: public.items: 'operations' knows no 'upsert'",
                "tables.yaml:8: unknown field 'table'");
    }

    @Test
    void aNameThatYamlTakesForATruthValueIsToBeQuoted() throws IOException {
        assertRefused("tables:\n  a.b:\n    key: [no]\n", "tables.yaml:3: a.b: 'key' is a list of names: put one");
        assertThat(read("tables:\n  a.b:\n    key: ['true', 'no']\n").get(0).key())
                .containsExactly("true", "no");
    }

    @Test
    void aTableOrAnOptionGivenTwiceIsRefused() {
        assertRefused(
                """
                tables:
                  public.orders:
                    mask: [a]
                    mask: [b]
                  public.orders:
                """,
                "tables.yaml:4: public.orders: 'mask' is given twice",
                "tables.yaml:5: public.orders is declared already in line 2");
    }

    @Test
    void anEmptyListIsRefusedForItMayMeanAllOrNothing() {
        assertRefused("tables:\n  public.orders:\n    operations: []\n", "'operations' names nothing");
    }

    @Test
    void whatIsNotTablesIsRefused() {
        assertRefused("", "expected 'tables:'");
        assertRefused("- public.orders\n", "expected 'tables:'");
        assertRefused("tables: [public.orders]\n", "below 'tables:' stands");
        assertRefused("tables:\n  public.orders: all\n", "after public.orders: expected its options");
        assertRefused("tables:\n  public.orders: [a]\n", "after public.orders: expected its options");
        assertRefused("tables:\n  a.b:\n---\ntables:\n  a.c:\n", "a second one begins");
    }

    @Test
    void aliasesAreRefused() {
        assertThatThrownBy(() -> read("tables:\n  a.b:\n    key: &k [x]\n  a.c:\n    key: *k\n"))
                .hasMessageContaining("aliases (*k) are not supported");
    }

    @Test
    void whatYamlDoesNotAllowIsSaid() {
        assertRefused(
                "tables:\n\tpublic.orders:\n",
                "tables.yaml:2: not YAML: while scanning for the next token: found character '\\t(TAB)'");
        assertRefused("", "tables.yaml:1: expected 'tables:'");
        assertRefused("# nothing yet\n", "expected 'tables:'");
        assertRefused("tables:\n", "tables.yaml:1: below 'tables:'");
        assertRefused("public.orders:\n  key: [id]\n", "unknown field 'public.orders'");
    }

    @Test
    void itMayNameTheFilesOfADmsTask() throws IOException {
        assertThat(TablesFile.read("tables.yaml", new StringReader("dms_mappings: m.json\ndms_migration_type: cdc\n"))
                        .task())
                .isEqualTo(new TablesFile.DmsTask("m.json", null, "cdc"));
        assertRefused("dms_settings: s.json\n", "go with 'dms_mappings'");
        assertRefused("dms_mappings: [a]\n", "tables.yaml:1: after 'dms_mappings' stands one name");
        assertRefused("tables:\n  a.b:\ndms_mappings: m.json\n", "'tables' and 'dms_mappings' exclude each other");
    }

    @Test
    void whatEditorsOfWindowsWriteIsRead() throws IOException {
        assertThat(TablesFile.read(
                                "tables.yaml",
                                new StringReader("\uFEFFtables:\r\n  public.orders:\r\n    key: [id]\r\n"))
                        .tables())
                .singleElement()
                .satisfies(each -> assertThat(each.attachment().key()).containsExactly("id"));
    }

    @Test
    void whatIsNoYamlIsRefusedWithItsLine() {
        assertRefused("tables:\n  a.b: {key: [x}\n", "tables.yaml:2: not YAML");
    }
}
