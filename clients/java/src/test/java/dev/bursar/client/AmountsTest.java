package dev.bursar.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Status;
import java.math.BigDecimal;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AmountsTest {
    @ParameterizedTest
    @CsvSource({
        "1.50, 1.5",
        "0.000, 0",
        "-0, 0",
        "1e3, 1000",
        "100, 100",
        "-0.000000000000000001, -0.000000000000000001",
        "12345678901234567890.123456789012345678, 12345678901234567890.123456789012345678",
        "99999999999999999999999999999999999999, 99999999999999999999999999999999999999",
    })
    void canonical(String text, String canonical) {
        BigDecimal decimal = Amounts.decimal(Amounts.money("EUR", new BigDecimal(text)));
        assertEquals(canonical, Amounts.text(decimal));
        assertEquals(0, decimal.compareTo(new BigDecimal(text)));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "", "abc", "NaN", "Infinity", "1,5", "1e38", "100000000000000000000000000000000000000", "1e999999999",
        "1e-999999999", "0.0000000000000000001", "123456789012345678901234567890123456789"
    })
    void refused(String text) {
        BursarException refused = assertThrows(BursarException.class, () -> Amounts.money("EUR", text));
        assertEquals(BursarException.INVALID_DECIMAL, refused.reason());
        assertEquals(Status.Code.INVALID_ARGUMENT, refused.code());
        assertTrue(refused.definite());
        assertTrue(refused.getMessage().contains("'" + text + "'"), refused.getMessage());
    }

    @Test
    void nothingTakesFloatingPoint() {
        assertTrue(Arrays.stream(Amounts.class.getMethods()).flatMap(method -> Arrays.stream(method.getParameterTypes()))
                .noneMatch(type -> type == double.class || type == float.class || type == Number.class));
    }
}
