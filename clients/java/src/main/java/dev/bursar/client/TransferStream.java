package dev.bursar.client;

import dev.bursar.ledger.v1.NewTransfer;
import dev.bursar.ledger.v1.StreamTransfersRequest;
import dev.bursar.ledger.v1.StreamTransfersResponse;
import dev.bursar.ledger.v1.TransferResult;
import dev.bursar.ledger.v1.TransferServiceGrpc;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * The results of a stream of transfers, one for each and in their order; a refused transfer has its error in its
 * result. To be read by one thread, once. Whoever reads no results is not read from either.
 *
 * <p>A cut is not seen: what has no result is sent again on a new connection, with the same ids. The stream fails when
 * that did not help several times in a row, or when the server refuses the call itself. Close it to end it early.
 *
 * <p>Messages hold what is there when they are sent. Linked transfers (with a {@code group_id}) must follow each other
 * in the source; they are sent in one message, once the next transfer or the source's end shows that the group is whole.
 */
public final class TransferStream implements Iterator<TransferResult>, Iterable<TransferResult>, AutoCloseable {
    /** Transfers without a result, unless the caller says otherwise. */
    static final int DEFAULT_UNANSWERED = 10_000;
    /** Transfers of one message. More of them would answer no faster. */
    private static final int MAX_MESSAGE = 500;
    /** About the bytes of one message; only a group may need more. */
    private static final int MAX_MESSAGE_BYTES = 1 << 20;
    /** A group is not waited for beyond this: it is one more than the server takes, so that the server says so. */
    private static final int ENDLESS_GROUP = 8_191;
    /** Messages of results that may be waiting to be read. */
    private static final int MESSAGES_AHEAD = 4;

    private final Calls calls;
    private final Retries retries;
    private final int maxUnanswered;

    // All of it is under the lock of this object; who waits for a change of any of it is woken by notifyAll.
    private final ArrayDeque<NewTransfer> waiting = new ArrayDeque<>();
    // At the end of what waits: a group that may still grow, and its name.
    private int growing;
    private String lastGroup = "";
    // At the beginning of what waits or was sent: what was sent on a connection that ended without its results.
    private int inDoubt;
    private final ArrayDeque<NewTransfer> sent = new ArrayDeque<>();
    private final ArrayDeque<TransferResult> results = new ArrayDeque<>();
    private Attempt attempt;
    private boolean sourceDone;
    private boolean over;
    private RuntimeException failure;
    private int failures;
    private long connectAtNanos = System.nanoTime();
    private Thread reader;

    TransferStream(Calls calls, Retries retries, int maxUnanswered) {
        this.calls = calls;
        this.retries = retries;
        this.maxUnanswered = maxUnanswered;
    }

    /** Starts the two threads: a source may wait for a result, so reading it must not hold up sending. */
    void begin(Iterator<NewTransfer> source) {
        reader = thread("bursar-stream-source", () -> read(source));
        // The calls belong to whoever began the stream: to a deadline set on its context, and to its trace.
        thread("bursar-stream-sender", CallHeaders.inCurrentTrace(Context.current().wrap(this::send)));
    }

    private static Thread thread(String name, Runnable task) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private void read(Iterator<NewTransfer> source) {
        try {
            while (awaitRoom() && source.hasNext()) {
                NewTransfer next = source.next();
                NewTransfer transfer =
                        next.getId().isEmpty() ? next.toBuilder().setId(RequestIds.next()).build() : next;
                add(transfer);
            }
            synchronized (this) {
                sourceDone = true;
                growing = 0;
                finishIfDone();
                notifyAll();
            }
        } catch (InterruptedException closed) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException broken) {
            fail(broken);
        } catch (Error broken) {
            fail(new IllegalStateException("the source of the stream has failed", broken));
            throw broken;
        }
    }

    private synchronized void add(NewTransfer transfer) {
        boolean idle = whole() == 0;
        waiting.add(transfer);
        String group = transfer.getGroupId();
        growing = group.isEmpty() ? 0 : group.equals(lastGroup) ? growing + 1 : 1;
        lastGroup = group;
        // Otherwise nobody waits for it.
        if (idle && whole() > 0) {
            notifyAll();
        }
    }

    /** How many of those that wait may be sent. */
    private int whole() {
        return growing < ENDLESS_GROUP ? waiting.size() - growing : waiting.size();
    }

    private synchronized boolean awaitRoom() throws InterruptedException {
        while (!over && !hasRoom()) {
            wait();
        }
        return !over;
    }

    /** A group that has all the room by itself must become whole, or nothing would ever be sent. */
    private boolean hasRoom() {
        return held() < maxUnanswered || held() == growing && growing < ENDLESS_GROUP;
    }

    /** Transfers between the source and the caller; a result that nobody has read yet counts, or it would pile up. */
    private int held() {
        return waiting.size() + sent.size() + results.size();
    }

    private void send() {
        try {
            while (true) {
                Attempt current;
                StreamTransfersRequest message;
                synchronized (this) {
                    while (!over && !canSend()) {
                        long nanos = connectAtNanos - System.nanoTime();
                        boolean backingOff = attempt == null && whole() > 0 && nanos > 0;
                        wait(backingOff ? TimeUnit.NANOSECONDS.toMillis(nanos) + 1 : 0);
                    }
                    if (over) {
                        endCall();
                        return;
                    }
                    if (attempt == null) {
                        attempt = new Attempt();
                        attempt.open();
                        continue;
                    }
                    current = attempt;
                    message = gather();
                }
                current.send(message);
            }
        } catch (InterruptedException | RuntimeException broken) {
            fail(new IllegalStateException("the stream's sender has ended", broken));
        }
    }

    /** The server waits for the end of a stream that has all its results. */
    private void endCall() {
        if (attempt != null && failure == null && !attempt.halfClosed) {
            attempt.halfClosed = true;
            attempt.call.halfClose();
        }
    }

    /** Whether there is something to send and a connection that takes it, or is to be opened for it. */
    private boolean canSend() {
        if (attempt == null) {
            return whole() > 0 && connectAtNanos - System.nanoTime() <= 0;
        }
        return !attempt.halfClosed && (whole() > 0 ? attempt.call.isReady() : sourceDone);
    }

    /** What is there, up to a message's size, moved to what is sent; null when the source has ended. */
    private StreamTransfersRequest gather() {
        if (waiting.isEmpty()) {
            attempt.halfClosed = true;
            return null;
        }
        StreamTransfersRequest.Builder message = StreamTransfersRequest.newBuilder();
        int bytes = 0;
        for (int left = whole(); left > 0;) {
            Unit next = nextUnit();
            bytes += next.bytes;
            boolean full = message.getTransfersCount() + next.transfers > MAX_MESSAGE || bytes > MAX_MESSAGE_BYTES;
            if (full && message.getTransfersCount() > 0) {
                break;
            }
            for (int i = 0; i < next.transfers; i++) {
                NewTransfer transfer = waiting.poll();
                message.addTransfers(transfer);
                sent.add(transfer);
            }
            left -= next.transfers;
        }
        growing = Math.min(growing, waiting.size());
        return message.build();
    }

    /** What must stay in one message: a group, or one transfer. */
    private record Unit(int transfers, int bytes) {}

    private Unit nextUnit() {
        String group = waiting.peek().getGroupId();
        int transfers = 0;
        int bytes = 0;
        for (NewTransfer each : waiting) {
            if (transfers > 0 && (group.isEmpty() || !group.equals(each.getGroupId()))) {
                break;
            }
            transfers++;
            bytes += each.getSerializedSize();
        }
        return new Unit(transfers, bytes);
    }

    private synchronized void finishIfDone() {
        if (sourceDone && waiting.isEmpty() && sent.isEmpty()) {
            over = true;
            notifyAll();
        }
    }

    private void fail(RuntimeException cause) {
        Attempt open;
        synchronized (this) {
            if (over) {
                return;
            }
            over = true;
            failure = cause;
            open = attempt;
            notifyAll();
        }
        if (open != null) {
            open.call.cancel("the stream has failed", cause);
        }
    }

    /**
     * Waits for the next result.
     *
     * @return whether there is one; not once each transfer of the source has its own
     * @throws BursarException when the stream fails, after the results of what was done before
     */
    @Override
    public synchronized boolean hasNext() {
        try {
            while (results.isEmpty() && !over) {
                wait();
            }
        } catch (InterruptedException interrupted) {
            fail(BursarException.from(Status.CANCELLED.withDescription("the thread was interrupted"), null, interrupted)
                    .about(firstUnanswered(), false));
            reader.interrupt();
            Thread.currentThread().interrupt();
        }
        if (results.isEmpty() && failure != null) {
            throw failure;
        }
        return !results.isEmpty();
    }

    /**
     * The next result.
     *
     * @return the result of the next transfer
     * @throws BursarException when the stream fails, after the results of what was done before
     */
    @Override
    public synchronized TransferResult next() {
        if (!hasNext()) {
            throw new NoSuchElementException("each transfer of the source has its result");
        }
        TransferResult result = results.poll();
        if (held() == maxUnanswered - 1 || held() == growing) {
            notifyAll();
        }
        if (results.isEmpty() && attempt != null) {
            attempt.ask();
        }
        return result;
    }

    /**
     * The results, for a loop.
     *
     * @return this
     */
    @Override
    public Iterator<TransferResult> iterator() {
        return this;
    }

    /** Ends the stream. What was sent and has no result may still be posted. */
    @Override
    public void close() {
        fail(BursarException.from(Status.CANCELLED.withDescription("the stream was closed"), null, null));
        reader.interrupt();
    }

    private String firstUnanswered() {
        NewTransfer first = sent.isEmpty() ? waiting.peek() : sent.peek();
        return first == null ? "" : first.getId();
    }

    /** One connection's part of the stream. */
    private final class Attempt extends ClientCall.Listener<StreamTransfersResponse> {
        private ClientCall<StreamTransfersRequest, StreamTransfersResponse> call;
        private boolean halfClosed;
        private int unread;

        void open() {
            call = calls.open(TransferServiceGrpc.getStreamTransfersMethod(), this);
            call.request(MESSAGES_AHEAD);
        }

        void send(StreamTransfersRequest message) {
            if (message == null) {
                call.halfClose();
            } else {
                call.sendMessage(message);
            }
        }

        /** Asks for as many messages as were read. */
        void ask() {
            if (unread > 0) {
                call.request(unread);
                unread = 0;
            }
        }

        @Override
        public void onReady() {
            synchronized (TransferStream.this) {
                TransferStream.this.notifyAll();
            }
        }

        @Override
        public void onMessage(StreamTransfersResponse reply) {
            synchronized (TransferStream.this) {
                if (attempt != this || over) {
                    return;
                }
                for (TransferResult result : reply.getResultsList()) {
                    sent.poll();
                    inDoubt = Math.max(0, inDoubt - 1);
                    results.add(result);
                }
                failures = 0;
                unread++;
                finishIfDone();
                TransferStream.this.notifyAll();
            }
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            BursarException error;
            synchronized (TransferStream.this) {
                if (attempt != this || over) {
                    return;
                }
                attempt = null;
                // A stream that the server ends early is a cut like any other.
                Status ended = status.isOk() ? Status.UNAVAILABLE.withDescription("the server ended the stream") : status;
                error = BursarException.from(ended, trailers, null).about(firstUnanswered(), inDoubt > 0);
                failures++;
                if (ended.getCode() == Status.Code.UNAVAILABLE && failures < retries.maxAttempts() && resume(error)) {
                    return;
                }
            }
            fail(error);
        }

        private boolean resume(BursarException error) {
            if (!error.definite()) {
                inDoubt = Math.max(inDoubt, sent.size());
            }
            while (!sent.isEmpty()) {
                waiting.addFirst(sent.pollLast());
            }
            long backoff = Retries.backoffNanos(failures, ThreadLocalRandom.current().nextDouble());
            long delay = error.retryAfter().map(asked -> Math.max(asked.toNanos(), backoff)).orElse(backoff);
            connectAtNanos = System.nanoTime() + delay;
            TransferStream.this.notifyAll();
            return retries.schedule(() -> { }, delay) != null;
        }
    }
}
