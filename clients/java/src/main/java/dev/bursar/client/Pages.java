package dev.bursar.client;

import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.Function;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * The items of a list, over all its pages. A page is fetched when its first item is asked for, so leaving a loop early
 * fetches no more. Each iterator begins again.
 *
 * @param <T> the items
 */
public final class Pages<T> implements Iterable<T> {
    /**
     * One page.
     *
     * @param items its items
     * @param nextToken what asks for the next page; empty on the last
     */
    record Page<T>(List<T> items, String nextToken) {}

    private final String firstToken;
    private final Function<String, Page<T>> fetch;

    Pages(String firstToken, Function<String, Page<T>> fetch) {
        this.firstToken = firstToken;
        this.fetch = fetch;
    }

    /**
     * Goes over the items.
     *
     * @return an iterator that throws {@link BursarException} when a page cannot be had
     */
    @Override
    public PageIterator<T> iterator() {
        return new PageIterator<>(firstToken, fetch);
    }

    /**
     * The items as a stream, in order.
     *
     * @return a stream that fetches as it is read
     */
    public Stream<T> stream() {
        return StreamSupport.stream(spliterator(), false);
    }

    /**
     * Goes over the items of all pages.
     *
     * @param <T> the items
     */
    public static final class PageIterator<T> implements Iterator<T> {
        private final Function<String, Page<T>> fetch;
        private Iterator<T> items = List.<T>of().iterator();
        private String token;
        private boolean last;
        private int pagesRead;

        PageIterator(String firstToken, Function<String, Page<T>> fetch) {
            this.token = firstToken;
            this.fetch = fetch;
        }

        @Override
        public boolean hasNext() {
            while (!items.hasNext() && !last) {
                Page<T> page = fetch.apply(token);
                pagesRead++;
                items = page.items.iterator();
                token = page.nextToken;
                last = token.isEmpty();
            }
            return items.hasNext();
        }

        @Override
        public T next() {
            if (!hasNext()) {
                throw new NoSuchElementException("the list has no more items");
            }
            return items.next();
        }

        /**
         * How many pages were fetched so far.
         *
         * @return the number
         */
        public int pagesRead() {
            return pagesRead;
        }
    }
}
