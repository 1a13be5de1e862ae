package dev.bursar.client;

import dev.bursar.common.v1.Money;
import java.math.BigDecimal;

/**
 * Exact amounts. There is deliberately nothing here that takes a {@code double}: 0.1 is not 0.1 there.
 */
public final class Amounts {
    /** Most significant digits of an amount. */
    public static final int MAX_DIGITS = 38;
    /** Most decimal places of an amount. */
    public static final int MAX_DECIMALS = 18;

    private static final int SHOWN_CHARACTERS = 80;

    private Amounts() {}

    /**
     * Money from an exact decimal.
     *
     * @param asset the asset's code, such as {@code EUR}
     * @param amount how much
     * @return the message
     * @throws BursarException {@code INVALID_DECIMAL} when it has too many digits
     */
    public static Money money(String asset, BigDecimal amount) {
        return Money.newBuilder().setAsset(asset).setAmount(text(amount)).build();
    }

    /**
     * Money from a decimal as text.
     *
     * @param asset the asset's code, such as {@code EUR}
     * @param amount how much, such as {@code "12.50"}
     * @return the message
     * @throws BursarException {@code INVALID_DECIMAL} when it is no decimal, or has too many digits
     */
    public static Money money(String asset, String amount) {
        return money(asset, parse(amount));
    }

    /**
     * The exact decimal of an amount.
     *
     * @param money the message
     * @return its amount
     * @throws BursarException {@code INVALID_DECIMAL} when it is no decimal, or has too many digits
     */
    public static BigDecimal decimal(Money money) {
        return parse(money.getAmount());
    }

    /**
     * An exact decimal from text, such as a balance.
     *
     * @param text the text
     * @return the decimal, without zeros at its end
     * @throws BursarException {@code INVALID_DECIMAL} when it is no decimal, or has too many digits
     */
    public static BigDecimal parse(String text) {
        try {
            return new BigDecimal(canonical(new BigDecimal(text), text));
        } catch (NumberFormatException notDecimal) {
            throw refuse(text, "is no decimal: write it like 12.5", notDecimal);
        }
    }

    /**
     * The canonical text of a decimal: no exponent, no zeros at the end.
     *
     * @param amount the decimal
     * @return the text
     * @throws BursarException {@code INVALID_DECIMAL} when it has too many digits
     */
    public static String text(BigDecimal amount) {
        return canonical(amount, amount.toString());
    }

    private static String canonical(BigDecimal amount, String written) {
        BigDecimal plain = amount.signum() == 0 ? BigDecimal.ZERO : amount.stripTrailingZeros();
        // Its zeros at the end count, as they do when it is written out; long, since a scale may be near its limit.
        long digits = Math.max(plain.precision(), (long) plain.precision() - plain.scale());
        if (digits > MAX_DIGITS) {
            throw refuse(written, "has " + digits + " digits: at most " + MAX_DIGITS + " are exact", null);
        }
        if (plain.scale() > MAX_DECIMALS) {
            throw refuse(written, "has " + plain.scale() + " decimal places: round it to at most " + MAX_DECIMALS,
                    null);
        }
        return plain.toPlainString();
    }

    private static BursarException refuse(String value, String why, Throwable cause) {
        String shown = value.length() <= SHOWN_CHARACTERS ? value : value.substring(0, SHOWN_CHARACTERS) + "…";
        return BursarException.invalid(BursarException.INVALID_DECIMAL, "'" + shown + "' " + why, cause);
    }
}
