package weir.bench;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.WindowStore;
import org.apache.kafka.streams.state.WindowStoreIterator;

/** A window store: an entry a card and millisecond, which holds the events of that millisecond in offset order. */
final class WindowHistory implements History {
    private final WindowStore<byte[], byte[]> store;
    /** What the last look-back found at a time of interest, so that adding to it reads nothing. */
    private long sameMs = -1;
    private byte[] sameMsEvents;

    WindowHistory(WindowStore<byte[], byte[]> store) {
        this.store = store;
    }

    @Override
    public Seen newest(byte[] card, long fromMs, long toMs, Predicate<Seen> passes) {
        sameMs = toMs;
        sameMsEvents = null;
        try (WindowStoreIterator<byte[]> entries = store.backwardFetch(card, Math.max(0, fromMs), toMs)) {
            while (entries.hasNext()) {
                KeyValue<Long, byte[]> entry = entries.next();
                if (entry.key == toMs) sameMsEvents = entry.value;
                Seen found = newestOf(entry.value, passes);
                if (found != null) return found;
            }
        }
        return null;
    }

    private static Seen newestOf(byte[] events, Predicate<Seen> passes) {
        ByteBuffer bytes = ByteBuffer.wrap(events);
        Seen first = Seen.read(bytes);
        if (!bytes.hasRemaining()) return passes.test(first) ? first : null;
        List<Seen> all = new ArrayList<>(List.of(first));
        while (bytes.hasRemaining()) all.add(Seen.read(bytes));
        return all.stream().filter(passes).max(Comparator.comparingLong(Seen::offset)).orElse(null);
    }

    @Override
    public void add(byte[] card, Seen event, long streamTimeMs) {
        byte[] before = sameMs == event.timeMs() ? sameMsEvents : store.fetch(card, event.timeMs());
        store.put(card, event.appendedTo(before), event.timeMs());
        sameMs = -1;
    }
}
