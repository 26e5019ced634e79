package dev.leat.dms.expression;

/** An expression has something that Leat cannot evaluate. The message says what. */
public final class UnsupportedExpressionException extends Exception {

    private static final long serialVersionUID = 1;

    public UnsupportedExpressionException(String message) {
        super(message);
    }
}
