package weir.bench;

import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/** main → risk → decisions (back to main), late and dead letters. */
final class RiskTopology {
    static Topology build(Flags flags) {
        String main = flags.text("topic");
        ByteArraySerializer bytes = new ByteArraySerializer();
        return new Topology()
                .addSource("main", main)
                .addProcessor("risk", supplier(flags), "main")
                .addSink(RiskProcessor.DECISIONS, main, bytes, bytes, "risk")
                .addSink(RiskProcessor.LATE, main + "-late", bytes, bytes, "risk")
                .addSink(RiskProcessor.DEAD_LETTERS, main + "-dead-letter", bytes, bytes, "risk");
    }

    private static ProcessorSupplier<byte[], byte[], byte[], byte[]> supplier(Flags flags) {
        return new ProcessorSupplier<>() {
            @Override
            public Processor<byte[], byte[], byte[], byte[]> get() {
                return new RiskProcessor(flags);
            }

            @Override
            public Set<StoreBuilder<?>> stores() {
                boolean caching = flags.is("caching", "on");
                long within = RiskProcessor.WITHIN_MS;
                long grace = RiskProcessor.GRACE_MS;
                return Set.of(
                        store(RiskProcessor.EVENTS_STORE, flags.is("store", "window"), within + grace, within, caching),
                        store(RiskProcessor.IDS_STORE, flags.is("dedupe", "window"), grace, grace, caching));
            }
        };
    }

    private static StoreBuilder<?> store(String name, boolean windowed, long retentionMs, long windowMs, boolean caching) {
        if (windowed) {
            var builder = Stores.windowStoreBuilder(
                    Stores.persistentWindowStore(name, Duration.ofMillis(retentionMs), Duration.ofMillis(windowMs), false),
                    Serdes.ByteArray(),
                    Serdes.ByteArray());
            builder = builder.withLoggingEnabled(Map.of());
            return caching ? builder.withCachingEnabled() : builder.withCachingDisabled();
        }
        var builder = Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore(name), Serdes.ByteArray(), Serdes.ByteArray())
                .withLoggingEnabled(Map.of());
        return caching ? builder.withCachingEnabled() : builder.withCachingDisabled();
    }
}
