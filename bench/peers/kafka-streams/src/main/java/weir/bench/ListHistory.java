package weir.bench;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import org.apache.kafka.streams.state.KeyValueStore;

/** A key-value store: the list of a card's events by time and offset, shortened whenever it is written. */
final class ListHistory implements History {
    private final KeyValueStore<byte[], byte[]> store;
    private final long retentionMs;
    private byte[] readCard;
    private List<Seen> read;

    ListHistory(KeyValueStore<byte[], byte[]> store, long retentionMs) {
        this.store = store;
        this.retentionMs = retentionMs;
    }

    @Override
    public Seen newest(byte[] card, long fromMs, long toMs, Predicate<Seen> passes) {
        List<Seen> events = eventsOf(card);
        for (int i = events.size() - 1; i >= 0; i--) {
            Seen event = events.get(i);
            if (event.timeMs() > toMs) continue;
            if (event.timeMs() < fromMs) return null;
            if (passes.test(event)) return event;
        }
        return null;
    }

    @Override
    public void add(byte[] card, Seen event, long streamTimeMs) {
        List<Seen> events = eventsOf(card);
        int at = events.size();
        while (at > 0 && !events.get(at - 1).isBefore(event.timeMs(), event.offset())) at--;
        events.add(at, event);
        byte[] bytes = null;
        for (Seen kept : events) if (kept.timeMs() >= streamTimeMs - retentionMs) bytes = kept.appendedTo(bytes);
        store.put(card, bytes);
        readCard = null;
    }

    private List<Seen> eventsOf(byte[] card) {
        if (Arrays.equals(card, readCard)) return read;
        readCard = card;
        read = new ArrayList<>();
        byte[] stored = store.get(card);
        if (stored == null) return read;
        for (ByteBuffer bytes = ByteBuffer.wrap(stored); bytes.hasRemaining(); ) read.add(Seen.read(bytes));
        return read;
    }
}
