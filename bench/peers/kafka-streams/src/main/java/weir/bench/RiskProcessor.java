package weir.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.function.Predicate;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.WindowStore;

/**
 * Two transactions of one card within ten minutes (inclusive) at different outlets more than three miles apart. Headers
 * first: what is no card transaction is dropped with its value unread. Then duplicate, late, parse, match, decide.
 */
final class RiskProcessor implements Processor<byte[], byte[], byte[], byte[]> {
    static final String DECISIONS = "decisions";
    static final String LATE = "late";
    static final String DEAD_LETTERS = "dead-letters";
    static final String EVENTS_STORE = "events";
    static final String IDS_STORE = "ids";
    static final long WITHIN_MS = 10 * 60_000;
    static final long GRACE_MS = 60 * 60_000;

    private static final byte[] BUSINESS = utf8("business");
    private static final byte[] DATA = utf8("data");
    private static final byte[] CARD = utf8("card.authorised");
    private static final byte[] DECISION = utf8("decision");
    private static final byte[] RISK_DECISION = utf8("risk.decision");

    private final boolean onlyFlagged;
    private final byte[] app;
    private final Decisions decisions;
    private ProcessorContext<byte[], byte[]> context;
    private History history;
    private Ids ids;
    private long streamTimeMs = -1;
    private boolean started;

    RiskProcessor(Flags flags) {
        onlyFlagged = flags.is("emit", "flagged");
        app = utf8(flags.text("app-id"));
        decisions = new Decisions(flags.text("rule-set-hash"));
    }

    @Override
    @SuppressWarnings("unchecked")
    public void init(ProcessorContext<byte[], byte[]> context) {
        this.context = context;
        StateStore events = context.getStateStore(EVENTS_STORE);
        history = events instanceof WindowStore<?, ?> store
                ? new WindowHistory((WindowStore<byte[], byte[]>) store)
                : new ListHistory((KeyValueStore<byte[], byte[]>) events, WITHIN_MS + GRACE_MS);
        StateStore seen = context.getStateStore(IDS_STORE);
        if (seen instanceof WindowStore<?, ?> store) {
            ids = Ids.in((WindowStore<byte[], byte[]>) store);
        } else {
            KeyValueStore<byte[], byte[]> store = (KeyValueStore<byte[], byte[]>) seen;
            ids = Ids.in(store, GRACE_MS);
            context.schedule(Duration.ofMillis(GRACE_MS), PunctuationType.STREAM_TIME, now -> forget(store, now));
        }
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
        if (!started) {
            started = true;
            System.out.println("FIRST " + System.currentTimeMillis());
        }
        Headers headers = record.headers();
        byte[] kind = valueOf(headers, "kind");
        boolean business = Arrays.equals(kind, BUSINESS);
        if (!business && !Arrays.equals(kind, DATA)) return;
        long timeMs = record.timestamp();
        if (timeMs > streamTimeMs) streamTimeMs = timeMs;
        if (!business || !Arrays.equals(valueOf(headers, "type"), CARD)) return;

        RecordMetadata place = context.recordMetadata().orElseThrow();
        long offset = place.offset();
        byte[] idBytes = valueOf(headers, "id");
        byte[] idKey = joined(record.key(), idBytes);
        if (ids.isDuplicate(idKey, timeMs, offset, streamTimeMs)) return;
        String id = new String(idBytes, StandardCharsets.UTF_8);
        long lagMs = streamTimeMs - timeMs;
        if (lagMs > GRACE_MS) {
            forwardLate(record, place, id, lagMs);
            return;
        }
        CardEvent event;
        try {
            event = CardEvent.parse(record.value());
        } catch (IOException unreadable) {
            context.forward(record, DEAD_LETTERS);
            return;
        }
        ids.add(idKey, timeMs, offset);
        Decisions.Match match = null;
        if (event.cardId != null && event.outletId != null && event.hasGeo) {
            byte[] card = joined(record.key(), utf8(event.cardId));
            match = matchOf(card, event, timeMs);
            history.add(card, Seen.of(event, id, timeMs, offset), streamTimeMs);
        }
        if (match == null && onlyFlagged) return;
        Decisions.Decided decided = decided(record, place, id);
        forwardDecision(record, decided, decisions.decided(decided, match));
    }

    /** The most recent match: one that ends in a known later event is more recent than one that ends here. */
    private Decisions.Match matchOf(byte[] card, CardEvent event, long timeMs) {
        Predicate<Seen> far = seen -> !seen.outletId().equals(event.outletId)
                && Geo.miles(seen.lat(), seen.lon(), event.lat, event.lon) > 3.0;
        if (timeMs < streamTimeMs) {
            Seen later = history.newest(card, timeMs + 1, timeMs + WITHIN_MS, far);
            if (later != null) {
                double miles = Geo.miles(event.lat, event.lon, later.lat(), later.lon());
                return new Decisions.Match(later, 'b', miles, (later.timeMs() - timeMs) / 60_000.0);
            }
        }
        Seen earlier = history.newest(card, timeMs - WITHIN_MS, timeMs, far);
        if (earlier == null) return null;
        double miles = Geo.miles(earlier.lat(), earlier.lon(), event.lat, event.lon);
        return new Decisions.Match(earlier, 'a', miles, (timeMs - earlier.timeMs()) / 60_000.0);
    }

    private void forwardLate(Record<byte[], byte[]> record, RecordMetadata place, String id, long lagMs) {
        Headers headers = new RecordHeaders(record.headers());
        headers.add("late-by-ms", utf8(Long.toString(lagMs)));
        headers.add("origin-offset", utf8(Long.toString(place.offset())));
        context.forward(record.withHeaders(headers), LATE);
        if (onlyFlagged) return;
        Decisions.Decided decided = decided(record, place, id);
        forwardDecision(record, decided, decisions.late(decided, lagMs));
    }

    private static Decisions.Decided decided(Record<byte[], byte[]> record, RecordMetadata place, String id) {
        String decisionId = "d:" + place.partition() + ":" + place.offset();
        String key = new String(record.key(), StandardCharsets.UTF_8);
        return new Decisions.Decided(decisionId, id, key, place.partition(), place.offset(), record.timestamp());
    }

    private void forwardDecision(Record<byte[], byte[]> record, Decisions.Decided decided, byte[] value) {
        Headers headers = new RecordHeaders();
        headers.add("kind", DECISION).add("type", RISK_DECISION).add("id", utf8(decided.decisionId()));
        headers.add("time", valueOf(record.headers(), "time")).add("app", app);
        headers.add("decided-at", utf8(Long.toString(System.currentTimeMillis())));
        context.forward(record.withValue(value).withHeaders(headers), DECISIONS);
    }

    private static void forget(KeyValueStore<byte[], byte[]> store, long nowMs) {
        try (KeyValueIterator<byte[], byte[]> all = store.all()) {
            while (all.hasNext()) {
                KeyValue<byte[], byte[]> entry = all.next();
                if (java.nio.ByteBuffer.wrap(entry.value).getLong(8) < nowMs - GRACE_MS) store.delete(entry.key);
            }
        }
    }

    private static byte[] valueOf(Headers headers, String name) {
        Header header = headers.lastHeader(name);
        return header == null ? null : header.value();
    }

    /** Different for different pairs: the first part's length is in front. */
    private static byte[] joined(byte[] first, byte[] second) {
        byte[] both = new byte[2 + first.length + second.length];
        both[0] = (byte) (first.length >> 8);
        both[1] = (byte) first.length;
        System.arraycopy(first, 0, both, 2, first.length);
        System.arraycopy(second, 0, both, 2 + first.length, second.length);
        return both;
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
