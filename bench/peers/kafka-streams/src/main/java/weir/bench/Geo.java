package weir.bench;

/** The great-circle distance by the haversine formula. */
final class Geo {
    private static final double EARTH_RADIUS_KM = 6371.0088;
    private static final double KM_PER_MILE = 1.609344;
    private static final double RADIANS = Math.PI / 180;

    static double miles(double lat1, double lon1, double lat2, double lon2) {
        double sinLat = Math.sin((lat2 - lat1) * RADIANS / 2);
        double sinLon = Math.sin((lon2 - lon1) * RADIANS / 2);
        double h = sinLat * sinLat + Math.cos(lat1 * RADIANS) * Math.cos(lat2 * RADIANS) * sinLon * sinLon;
        return 2 * EARTH_RADIUS_KM * Math.asin(Math.sqrt(Math.min(1, h))) / KM_PER_MILE;
    }
}
