package dev.leat.dms.expression;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The value of an added column. {@code leat_internal.value_expression} evaluates it when a row is captured. */
public sealed interface Expression {

    /** Writes it as {@code leat.attach} takes it. */
    void write(JsonGenerator json) throws IOException;

    /**
     * Reads an expression.
     *
     * @param columns the column of the table that a name in the expression means; null: there is none
     * @throws UnsupportedExpressionException when Leat cannot evaluate it
     */
    static Expression parse(String text, Function<String, @Nullable String> columns)
            throws UnsupportedExpressionException {
        return new ExpressionParser(text, columns).parse();
    }

    /** A text, a number, a truth value or null. */
    record Literal(@Nullable Object value) implements Expression {
        @Override
        public void write(JsonGenerator json) throws IOException {
            if (value == null) {
                json.writeNull();
            } else if (value instanceof Boolean truth) {
                json.writeBoolean(truth);
            } else if (value instanceof BigDecimal number) {
                json.writeNumber(number);
            } else {
                json.writeString(value.toString());
            }
        }
    }

    /** The value that the source has. */
    record Column(String name) implements Expression {
        @Override
        public void write(JsonGenerator json) throws IOException {
            json.writeStartObject();
            json.writeStringField("column", name);
            json.writeEndObject();
        }
    }

    /** Something about the change, by the word that {@code leat.attach} has for it. */
    record Header(String word) implements Expression {
        @Override
        public void write(JsonGenerator json) throws IOException {
            json.writeStartObject();
            json.writeStringField("header", word);
            json.writeEndObject();
        }
    }

    /** A condition and the value where it is true. */
    record Branch(Expression condition, Expression value) {}

    /** The value of the first branch whose condition is true. */
    record Case(List<Branch> branches, Expression otherwise) implements Expression {
        public Case {
            branches = List.copyOf(branches);
        }

        @Override
        public void write(JsonGenerator json) throws IOException {
            json.writeStartObject();
            json.writeArrayFieldStart("case");
            for (Branch branch : branches) {
                json.writeStartArray();
                branch.condition().write(json);
                branch.value().write(json);
                json.writeEndArray();
            }
            json.writeEndArray();
            json.writeFieldName("else");
            otherwise.write(json);
            json.writeEndObject();
        }
    }

    /** An operator or a function. */
    record Call(String word, List<Expression> of) implements Expression {
        public Call {
            of = List.copyOf(of);
        }

        @Override
        public void write(JsonGenerator json) throws IOException {
            json.writeStartObject();
            json.writeStringField("call", word);
            json.writeArrayFieldStart("of");
            for (Expression operand : of) {
                operand.write(json);
            }
            json.writeEndArray();
            json.writeEndObject();
        }
    }
}
