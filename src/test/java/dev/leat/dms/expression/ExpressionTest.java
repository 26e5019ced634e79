package dev.leat.dms.expression;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExpressionTest {

    private static String json(String expression) throws UnsupportedExpressionException, IOException {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
            Expression.parse(expression, ExpressionTest::column).write(json);
        }
        return text.toString().replace('"', '\'');
    }

    private static @Nullable String column(String name) {
        return name.equalsIgnoreCase("First") ? "first" : name.equals("n") ? "n" : null;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            quoteCharacter = '`',
            value = {
                "'it''s' ~ 'it's'",
                "-1 ~ -1",
                "2.50 ~ 2.50",
                "TRUE ~ true",
                "NULL ~ null",
                "$FIRST ~ {'column':'first'}",
                "${first} ~ {'column':'first'}",
                "$AR_H_CHANGE_SEQ ~ {'header':'change-seq'}",
                "$ar_m_source_table_name ~ {'header':'table'}",
                "$AR_M_SOURCE_SCHEMA || '.' || $first ~ {'call':'||','of':[{'call':'||','of':[{'header':'schema'},'.']},{'column':'first'}]}",
                "1 + 2 * 3 ~ {'call':'+','of':[1,{'call':'*','of':[2,3]}]}",
                "(1 + 2) * 3 ~ {'call':'*','of':[{'call':'+','of':[1,2]},3]}",
                "-$n ~ {'call':'-','of':[0,{'column':'n'}]}",
                "$n > 1 = true ~ {'call':'=','of':[{'call':'>','of':[{'column':'n'},1]},true]}",
                "$n == 1 OR $n != 2 AND NOT $n <= 3 ~ {'call':'or','of':[{'call':'=','of':[{'column':'n'},1]},{'call':'and','of':[{'call':'<>','of':[{'column':'n'},2]},{'call':'not','of':[{'call':'<=','of':[{'column':'n'},3]}]}]}]}",
                "$n IS NOT NULL ~ {'call':'not','of':[{'call':'is-null','of':[{'column':'n'}]}]}",
                "$n not in (1, 2) ~ {'call':'not','of':[{'call':'or','of':[{'call':'=','of':[{'column':'n'},1]},{'call':'=','of':[{'column':'n'},2]}]}]}",
                "CASE WHEN $AR_H_OPERATION = 'DELETE' THEN TRUE ELSE FALSE END ~ {'case':[[{'call':'=','of':[{'header':'operation'},'DELETE']},true]],'else':false}",
                "case $n when 1 then 'a' end ~ {'case':[[{'call':'=','of':[{'column':'n'},1]},'a']],'else':null}",
                "operation_indicator('D','U','I') ~ {'case':[[{'call':'=','of':[{'header':'operation'},'DELETE']},'D'],[{'call':'=','of':[{'header':'operation'},'UPDATE']},'U']],'else':'I'}",
                "Upper(substr($first, 1, 2)) ~ {'call':'upper','of':[{'call':'substr','of':[{'column':'first'},1,2]}]}",
                "ifnull($first, '') ~ {'call':'coalesce','of':[{'column':'first'},'']}",
                "datetime() ~ {'call':'datetime','of':[]}",
                "datetime('now') ~ {'call':'datetime','of':[]}",
            })
    void anExpressionIsRead(String expression, String tree) throws Exception {
        assertThat(json(expression)).isEqualTo(tree);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            quoteCharacter = '`',
            value = {
                "$gone ~ $gone, which is no column that leaves as it is",
                "$AR_H_USER ~ $AR_H_USER",
                "randomblob(4) ~ randomblob(…)",
                "datetime('now', 'localtime') ~ datetime(…)",
                "1 / 2 ~ \"/ 2\" in 1 / 2",
                "\"first\" ~ \"\"first\"\" in \"first\"",
                "'open ~ \"'open\" in 'open",
                "1 2 ~ \"2\" in 1 2",
                "CASE WHEN TRUE 1 END ~ \"1\" where THEN is expected",
                "(1 ~ \"the end\" where ) is expected",
                "$n IN () ~ an empty list",
                "pg_sleep ~ \"the end\" where ( is expected",
                "1 + ~ \"the end\" in 1 +",
            })
    void whatCannotBeEvaluatedIsNamed(String expression, String message) {
        assertThatThrownBy(() -> json(expression))
                .isInstanceOf(UnsupportedExpressionException.class)
                .hasMessageContaining(message);
    }
}
