package weir.bench;

import java.util.function.Predicate;

/** The transactions of a card that are still of interest. */
interface History {
    /** The newest, by time and then offset, from {@code fromMs} to {@code toMs} (inclusive) that passes; null when none does. */
    Seen newest(byte[] card, long fromMs, long toMs, Predicate<Seen> passes);

    /** Keeps an event; call after {@link #newest} for the same card. */
    void add(byte[] card, Seen event, long streamTimeMs);
}
