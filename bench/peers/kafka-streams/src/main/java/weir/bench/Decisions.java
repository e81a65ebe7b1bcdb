package weir.bench;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;

/** Writes decisions as Weir does: canonical JSON, byte for byte. */
final class Decisions {
    private static final JsonStringEncoder STRINGS = JsonStringEncoder.getInstance();
    private final StringBuilder text = new StringBuilder(512);
    private final String end;

    Decisions(String ruleSetHash) {
        end = "\"rows\":[],\"ruleSet\":{\"hash\":\"" + ruleSetHash + "\",\"offset\":-1},\"score\":";
    }

    /** A decision without a match when {@code match} is null. */
    byte[] decided(Decided of, Match match) {
        begin(of);
        if (match != null) {
            text.append("{\"evidence\":[{\"id\":");
            quote(match.other().id());
            text.append(",\"offset\":").append(match.other().offset()).append(",\"partition\":").append(of.partition());
            text.append(",\"step\":\"").append(match.step()).append("\"}],\"mode\":\"live\",\"outcome\":\"review\",\"reason\":\"");
            text.append(twoDecimals(match.miles())).append(" miles in ").append(twoDecimals(match.minutes()));
            text.append(" min\",\"rule\":\"two-outlets-ten-minutes\",\"score\":70}");
        }
        text.append("],\"key\":");
        quote(of.key());
        text.append(match == null ? ",\"outcome\":\"allow\"," : ",\"outcome\":\"review\",").append(end);
        return bytes(text.append(match == null ? "0}" : "70}"));
    }

    byte[] late(Decided of, long lagMs) {
        begin(of);
        text.append("],\"key\":");
        quote(of.key());
        text.append(",\"late\":").append(lagMs).append(",\"outcome\":\"review\",").append(end);
        return bytes(text.append("0}"));
    }

    private void begin(Decided of) {
        text.setLength(0);
        text.append("{\"absent\":[],\"decisionId\":\"").append(of.decisionId()).append("\",\"event\":{\"id\":");
        quote(of.eventId());
        text.append(",\"offset\":").append(of.offset()).append(",\"partition\":").append(of.partition());
        text.append(",\"time\":").append(of.timeMs()).append(",\"type\":\"card.authorised\"},\"failed\":[],\"features\":{},\"fired\":[");
    }

    private void quote(String value) {
        text.append('"');
        STRINGS.quoteAsString(value, text);
        text.append('"');
    }

    private static byte[] bytes(StringBuilder text) {
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static String twoDecimals(double value) {
        BigDecimal rounded = new BigDecimal(value).setScale(2, RoundingMode.HALF_UP);
        return rounded.signum() == 0 ? "0" : rounded.stripTrailingZeros().toPlainString();
    }

    /** The event decided, by its place in the log. */
    record Decided(String decisionId, String eventId, String key, int partition, long offset, long timeMs) {}

    /** The other event of a match, and the step at which it stands. */
    record Match(Seen other, char step, double miles, double minutes) {}
}
