package dev.bursar.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Status;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RetriesTest {
    private static final long MILLISECOND = 1_000_000;

    @Test
    void backoffDoublesToItsBound() {
        long[] full = {100, 200, 400, 800, 1_600, 2_000, 2_000};
        for (int i = 0; i < full.length; i++) {
            assertEquals(full[i] * MILLISECOND / 2, Retries.backoffNanos(i + 1, 0));
            assertEquals(full[i] * MILLISECOND, Retries.backoffNanos(i + 1, 1));
        }
        assertEquals(2_000 * MILLISECOND, Retries.backoffNanos(1_000_000, 1));
    }

    @Test
    void theServersDelayCounts() {
        Duration asked = Duration.ofMillis(700);
        assertEquals(asked.toNanos(), Retries.delayNanos(Status.Code.UNAVAILABLE, asked, 1, 0.5));
        assertEquals(asked.toNanos(), Retries.delayNanos(Status.Code.RESOURCE_EXHAUSTED, asked, 1, 0.5));
    }

    @ParameterizedTest
    @EnumSource(Status.Code.class)
    void onlyTheUnavailableIsTriedAgainWithoutADelay(Status.Code code) {
        assertEquals(code == Status.Code.UNAVAILABLE, Retries.delayNanos(code, null, 1, 0.5) >= 0);
    }

    @ParameterizedTest
    @EnumSource(Status.Code.class)
    void aDelayMakesNothingElseSafe(Status.Code code) {
        boolean again = Retries.delayNanos(code, Duration.ZERO, 1, 0.5) >= 0;
        assertTrue(again == (code == Status.Code.UNAVAILABLE || code == Status.Code.RESOURCE_EXHAUSTED), code.name());
    }
}
