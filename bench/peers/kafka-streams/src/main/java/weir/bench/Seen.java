package weir.bench;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** An event as later ones look back at it. */
record Seen(long timeMs, long offset, double lat, double lon, String outletId, String id) {
    static Seen of(CardEvent event, String id, long timeMs, long offset) {
        return new Seen(timeMs, offset, event.lat, event.lon, event.outletId, id);
    }

    /** In order of time, then of the log. */
    boolean isBefore(long otherMs, long otherOffset) {
        return timeMs < otherMs || (timeMs == otherMs && offset < otherOffset);
    }

    byte[] appendedTo(byte[] before) {
        byte[] outlet = outletId.getBytes(StandardCharsets.UTF_8);
        byte[] idBytes = id.getBytes(StandardCharsets.UTF_8);
        int kept = before == null ? 0 : before.length;
        ByteBuffer bytes = ByteBuffer.allocate(kept + 36 + outlet.length + idBytes.length);
        if (before != null) bytes.put(before);
        bytes.putLong(timeMs).putLong(offset).putDouble(lat).putDouble(lon);
        bytes.putShort((short) outlet.length).put(outlet).putShort((short) idBytes.length).put(idBytes);
        return bytes.array();
    }

    static Seen read(ByteBuffer bytes) {
        return new Seen(bytes.getLong(), bytes.getLong(), bytes.getDouble(), bytes.getDouble(), text(bytes), text(bytes));
    }

    private static String text(ByteBuffer bytes) {
        int length = bytes.getShort() & 0xffff;
        String text = new String(bytes.array(), bytes.position(), length, StandardCharsets.UTF_8);
        bytes.position(bytes.position() + length);
        return text;
    }
}
