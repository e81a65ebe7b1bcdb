package weir.bench;

import java.nio.charset.StandardCharsets;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.streams.processor.TimestampExtractor;

/** A record's time is the event's, epoch ms in its `time` header. */
public final class HeaderTime implements TimestampExtractor {
    @Override
    public long extract(ConsumerRecord<Object, Object> record, long partitionTime) {
        Header time = record.headers().lastHeader("time");
        return time == null ? record.timestamp() : parse(time.value());
    }

    static long parse(byte[] digits) {
        long value = 0;
        for (byte digit : digits) {
            if (digit < '0' || digit > '9') throw new NumberFormatException(new String(digits, StandardCharsets.UTF_8));
            value = value * 10 + (digit - '0');
        }
        return value;
    }
}
