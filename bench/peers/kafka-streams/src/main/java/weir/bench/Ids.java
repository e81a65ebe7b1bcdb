package weir.bench;

import java.nio.ByteBuffer;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.WindowStore;

/** Remembers ids that were applied, for the grace period. */
interface Ids {
    boolean isDuplicate(byte[] id, long timeMs, long offset, long streamTimeMs);

    void add(byte[] id, long timeMs, long offset);

    /** A copy has its original's time, so a lookup of one entry finds it: cheaper than a range over the grace period. */
    static Ids in(WindowStore<byte[], byte[]> store) {
        return new Ids() {
            @Override
            public boolean isDuplicate(byte[] id, long timeMs, long offset, long streamTimeMs) {
                byte[] known = store.fetch(id, timeMs);
                return known != null && ByteBuffer.wrap(known).getLong() != offset;
            }

            @Override
            public void add(byte[] id, long timeMs, long offset) {
                store.put(id, ByteBuffer.allocate(8).putLong(offset).array(), timeMs);
            }
        };
    }

    /** Finds copies with other times too. Entries past the grace period are deleted by a punctuation. */
    static Ids in(KeyValueStore<byte[], byte[]> store, long graceMs) {
        return new Ids() {
            @Override
            public boolean isDuplicate(byte[] id, long timeMs, long offset, long streamTimeMs) {
                byte[] known = store.get(id);
                if (known == null) return false;
                ByteBuffer bytes = ByteBuffer.wrap(known);
                return bytes.getLong() != offset && bytes.getLong() >= streamTimeMs - graceMs;
            }

            @Override
            public void add(byte[] id, long timeMs, long offset) {
                store.put(id, ByteBuffer.allocate(16).putLong(offset).putLong(timeMs).array());
            }
        };
    }
}
