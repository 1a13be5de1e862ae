package dev.bursar.client.driver;

/** A scenario went otherwise than it says. */
final class Mismatch extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Mismatch(String why) {
        super(why);
    }
}
