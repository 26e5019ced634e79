package dev.leat.dms.expression;

import dev.leat.dms.expression.Expression.Branch;
import dev.leat.dms.expression.Expression.Call;
import dev.leat.dms.expression.Expression.Case;
import dev.leat.dms.expression.Expression.Column;
import dev.leat.dms.expression.Expression.Header;
import dev.leat.dms.expression.Expression.Literal;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads an expression by recursive descent, with SQLite's precedence of operators. */
final class ExpressionParser {

    private static final Pattern TOKEN = Pattern.compile("\\s*(?:"
            + "(?<text>'(?:[^']|'')*')"
            + "|(?<number>[0-9]+(?:[.][0-9]+)?)"
            + "|[$](?:[{](?<braced>[^}]+)[}]|(?<column>[A-Za-z_][A-Za-z0-9_]*))"
            + "|(?<word>[A-Za-z_][A-Za-z0-9_]*)"
            + "|(?<sign>[|][|]|<=|>=|<>|!=|==|[-+*=<>(),])"
            + ")");

    private static final Map<String, String> HEADERS = Map.of(
            "AR_H_OPERATION", "operation",
            "AR_H_CHANGE_SEQ", "change-seq",
            "AR_H_STREAM_POSITION", "stream-position",
            "AR_H_TIMESTAMP", "timestamp",
            "AR_H_COMMIT_TIMESTAMP", "commit-timestamp",
            "AR_M_SOURCE_SCHEMA", "schema",
            "AR_M_SOURCE_TABLE_NAME", "table");

    /** Whose words are those of {@code leat.attach} too. */
    private static final Set<String> FUNCTIONS = Set.of(
            "lower",
            "upper",
            "ltrim",
            "rtrim",
            "trim",
            "replace",
            "substr",
            "abs",
            "round",
            "coalesce",
            "nullif",
            "length",
            "hash_sha256");

    private static final Set<String> NOW = Set.of("datetime", "date", "time");

    /** What a token is; {@code END} is after the last. */
    private enum TokenKind {
        TEXT,
        NUMBER,
        COLUMN,
        WORD,
        SIGN,
        END
    }

    private record Token(TokenKind kind, String text) {}

    private final List<Token> tokens = new ArrayList<>();
    private final String text;
    private final Function<String, @Nullable String> columns;
    private int at;

    ExpressionParser(String text, Function<String, @Nullable String> columns) {
        this.text = text;
        this.columns = columns;
    }

    Expression parse() throws UnsupportedExpressionException {
        tokenize();
        Expression all = or();
        if (next().kind() != TokenKind.END) {
            throw new UnsupportedExpressionException("\"" + next().text() + "\" in " + text);
        }
        return all;
    }

    private void tokenize() throws UnsupportedExpressionException {
        Matcher matcher = TOKEN.matcher(text);
        int end = 0;
        while (matcher.find(end) && matcher.start() == end) {
            end = matcher.end();
            String word = matcher.group("word");
            String column = matcher.group("column") == null ? matcher.group("braced") : matcher.group("column");
            if (matcher.group("text") != null) {
                String quoted = matcher.group("text");
                tokens.add(new Token(
                        TokenKind.TEXT, quoted.substring(1, quoted.length() - 1).replace("''", "'")));
            } else if (matcher.group("number") != null) {
                tokens.add(new Token(TokenKind.NUMBER, matcher.group("number")));
            } else if (column != null) {
                tokens.add(new Token(TokenKind.COLUMN, column));
            } else if (word != null) {
                tokens.add(new Token(TokenKind.WORD, word.toLowerCase(Locale.ROOT)));
            } else {
                tokens.add(new Token(TokenKind.SIGN, matcher.group("sign")));
            }
        }
        if (!text.substring(end).isBlank()) {
            throw new UnsupportedExpressionException("\"" + text.substring(end).strip() + "\" in " + text);
        }
        tokens.add(new Token(TokenKind.END, "the end"));
    }

    private Token next() {
        return tokens.get(at);
    }

    private boolean accept(TokenKind kind, String wanted) {
        if (next().kind() == kind && next().text().equals(wanted)) {
            at++;
            return true;
        }
        return false;
    }

    private boolean word(String wanted) {
        return accept(TokenKind.WORD, wanted);
    }

    private boolean sign(String wanted) {
        return accept(TokenKind.SIGN, wanted);
    }

    private void require(TokenKind kind, String wanted) throws UnsupportedExpressionException {
        if (!accept(kind, wanted)) {
            throw new UnsupportedExpressionException(
                    "\"" + next().text() + "\" where " + wanted.toUpperCase(Locale.ROOT) + " is expected in " + text);
        }
    }

    private Expression or() throws UnsupportedExpressionException {
        Expression left = and();
        while (word("or")) {
            left = new Call("or", List.of(left, and()));
        }
        return left;
    }

    private Expression and() throws UnsupportedExpressionException {
        Expression left = not();
        while (word("and")) {
            left = new Call("and", List.of(left, not()));
        }
        return left;
    }

    private Expression not() throws UnsupportedExpressionException {
        return word("not") ? new Call("not", List.of(not())) : equality();
    }

    private Expression equality() throws UnsupportedExpressionException {
        Expression left = order();
        while (true) {
            if (word("is")) {
                boolean negated = word("not");
                require(TokenKind.WORD, "null");
                Expression none = new Call("is-null", List.of(left));
                left = negated ? new Call("not", List.of(none)) : none;
            } else if (next().kind() == TokenKind.WORD && Set.of("in", "not").contains(next().text())) {
                boolean negated = word("not");
                require(TokenKind.WORD, "in");
                List<Expression> values = list();
                if (values.isEmpty()) {
                    throw new UnsupportedExpressionException("an empty list in " + text);
                }
                Expression any = anyOf(left, values);
                left = negated ? new Call("not", List.of(any)) : any;
            } else if (next().kind() == TokenKind.SIGN
                    && Set.of("=", "==", "<>", "!=").contains(next().text())) {
                String operator = tokens.get(at++).text();
                left = new Call(operator.equals("=") || operator.equals("==") ? "=" : "<>", List.of(left, order()));
            } else {
                return left;
            }
        }
    }

    private static Expression anyOf(Expression left, List<Expression> values) {
        Expression any = new Call("=", List.of(left, values.get(0)));
        for (Expression value : values.subList(1, values.size())) {
            any = new Call("or", List.of(any, new Call("=", List.of(left, value))));
        }
        return any;
    }

    private Expression order() throws UnsupportedExpressionException {
        return binary(
                Set.of("<", "<=", ">", ">="),
                () -> binary(Set.of("+", "-"), () -> binary(Set.of("*"), () -> binary(Set.of("||"), this::unary))));
    }

    /** Something that reads an operand. */
    private interface Operand {
        Expression read() throws UnsupportedExpressionException;
    }

    private Expression binary(Set<String> operators, Operand operand) throws UnsupportedExpressionException {
        Expression left = operand.read();
        while (next().kind() == TokenKind.SIGN && operators.contains(next().text())) {
            String operator = tokens.get(at++).text();
            left = new Call(operator, List.of(left, operand.read()));
        }
        return left;
    }

    private Expression unary() throws UnsupportedExpressionException {
        if (sign("-")) {
            Expression operand = unary();
            return operand instanceof Literal literal && literal.value() instanceof BigDecimal number
                    ? new Literal(number.negate())
                    : new Call("-", List.of(new Literal(BigDecimal.ZERO), operand));
        }
        if (sign("(")) {
            Expression inner = or();
            require(TokenKind.SIGN, ")");
            return inner;
        }
        Token token = tokens.get(at++);
        return switch (token.kind()) {
            case TEXT -> new Literal(token.text());
            case NUMBER -> new Literal(new BigDecimal(token.text()));
            case COLUMN -> reference(token.text());
            case WORD -> named(token.text());
            case SIGN, END -> throw new UnsupportedExpressionException("\"" + token.text() + "\" in " + text);
        };
    }

    private Expression reference(String name) throws UnsupportedExpressionException {
        String header = HEADERS.get(name.toUpperCase(Locale.ROOT));
        if (header != null) {
            return new Header(header);
        }
        String column = columns.apply(name);
        if (column == null) {
            throw new UnsupportedExpressionException(
                    name.toUpperCase(Locale.ROOT).startsWith("AR_")
                            ? "$" + name
                            : "$" + name + ", which is no column that leaves as it is");
        }
        return new Column(column);
    }

    private Expression named(String word) throws UnsupportedExpressionException {
        switch (word) {
            case "true", "false":
                return new Literal(Boolean.valueOf(word));
            case "null":
                return new Literal(null);
            case "case":
                return cases();
            default:
                return call(word, list());
        }
    }

    private Expression cases() throws UnsupportedExpressionException {
        Expression compared = next().equals(new Token(TokenKind.WORD, "when")) ? null : or();
        List<Branch> branches = new ArrayList<>();
        while (word("when")) {
            Expression condition = or();
            require(TokenKind.WORD, "then");
            branches.add(new Branch(compared == null ? condition : new Call("=", List.of(compared, condition)), or()));
        }
        Expression otherwise = word("else") ? or() : new Literal(null);
        require(TokenKind.WORD, "end");
        return new Case(branches, otherwise);
    }

    /** The values between parentheses; none at all is possible. */
    private List<Expression> list() throws UnsupportedExpressionException {
        require(TokenKind.SIGN, "(");
        List<Expression> values = new ArrayList<>();
        if (sign(")")) {
            return values;
        }
        do {
            values.add(or());
        } while (sign(","));
        require(TokenKind.SIGN, ")");
        return values;
    }

    private Expression call(String word, List<Expression> of) throws UnsupportedExpressionException {
        if (NOW.contains(word) && (of.isEmpty() || of.equals(List.of(new Literal("now"))))) {
            return new Call(word, List.of());
        }
        if (word.equals("ifnull")) {
            return new Call("coalesce", of);
        }
        if (word.equals("operation_indicator") && of.size() == 3) {
            Expression operation = new Header("operation");
            return new Case(
                    List.of(
                            new Branch(new Call("=", List.of(operation, new Literal("DELETE"))), of.get(0)),
                            new Branch(new Call("=", List.of(operation, new Literal("UPDATE"))), of.get(1))),
                    of.get(2));
        }
        if (!FUNCTIONS.contains(word)) {
            throw new UnsupportedExpressionException(word + "(" + (of.isEmpty() ? "" : "…") + ")");
        }
        return new Call(word, of);
    }
}
