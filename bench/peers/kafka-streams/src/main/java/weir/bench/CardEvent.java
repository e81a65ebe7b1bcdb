package weir.bench;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;

/** The fields of a card transaction that the rule reads, parsed as a stream: nothing else of the value becomes an object. */
final class CardEvent {
    private static final JsonFactory JSON = new JsonFactory();

    String cardId;
    String outletId;
    boolean hasGeo;
    double lat;
    double lon;

    static CardEvent parse(byte[] value) throws IOException {
        CardEvent event = new CardEvent();
        try (JsonParser parser = JSON.createParser(value)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) throw new IOException("the value is no object");
            for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
                JsonToken token = parser.nextToken();
                switch (name) {
                    case "cardId" -> event.cardId = text(parser, token, name);
                    case "outletId" -> event.outletId = text(parser, token, name);
                    case "status" -> text(parser, token, name);
                    case "amount" -> number(parser, token, name);
                    case "geo" -> event.readGeo(parser, token);
                    default -> parser.skipChildren();
                }
            }
        }
        return event;
    }

    private void readGeo(JsonParser parser, JsonToken token) throws IOException {
        if (token == JsonToken.VALUE_NULL) return;
        if (token != JsonToken.START_OBJECT) throw new IOException("geo is no object");
        for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
            JsonToken value = parser.nextToken();
            if (name.equals("lat")) lat = number(parser, value, name);
            else if (name.equals("lon")) lon = number(parser, value, name);
            else parser.skipChildren();
        }
        hasGeo = true;
    }

    private static String text(JsonParser parser, JsonToken token, String name) throws IOException {
        if (token == JsonToken.VALUE_NULL) return null;
        if (token != JsonToken.VALUE_STRING) throw new IOException(name + " is no string");
        return parser.getText();
    }

    private static double number(JsonParser parser, JsonToken token, String name) throws IOException {
        if (token == JsonToken.VALUE_NULL) return Double.NaN;
        if (!token.isNumeric()) throw new IOException(name + " is no number");
        return parser.getDoubleValue();
    }
}
