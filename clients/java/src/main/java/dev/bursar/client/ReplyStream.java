package dev.bursar.client;

import io.grpc.Context;
import io.grpc.StatusRuntimeException;
import java.util.Iterator;
import java.util.function.Supplier;

/**
 * The replies of a call that has many, read as they are asked for. Close it to end the call early.
 *
 * @param <R> the replies
 */
public final class ReplyStream<R> implements Iterator<R>, AutoCloseable {
    private final Context.CancellableContext context = Context.current().withCancellation();
    private final Iterator<R> replies;

    ReplyStream(Supplier<Iterator<R>> call) {
        Context outer = context.attach();
        try {
            replies = call.get();
        } finally {
            context.detach(outer);
        }
    }

    /**
     * Waits for the next reply.
     *
     * @return whether there is one
     * @throws BursarException when the call fails
     */
    @Override
    public boolean hasNext() {
        try {
            return replies.hasNext();
        } catch (StatusRuntimeException failed) {
            throw BursarException.from(failed);
        }
    }

    /**
     * The next reply.
     *
     * @return the reply
     * @throws BursarException when the call fails
     */
    @Override
    public R next() {
        try {
            return replies.next();
        } catch (StatusRuntimeException failed) {
            throw BursarException.from(failed);
        }
    }

    /** Ends the call. */
    @Override
    public void close() {
        context.cancel(null);
    }
}
