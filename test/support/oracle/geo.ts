export interface OracleGeo {
  readonly lat: number
  readonly lon: number
}

const radiansPerDegree = Math.PI / 180

/**
 * Haversine distance with R = 6371.0088 km. The order of operations is part of the result, to the last bit: an angle in
 * radians is degrees · (π / 180); Δφ and Δλ are differences of degrees, then made radians, then halved; with
 * s = sin(Δφ/2) and t = sin(Δλ/2), h = s · s + ((cos φ1 · cos φ2) · t) · t; distance = (2 · R) · asin(√min(1, h)).
 */
export function oracleKm(from: OracleGeo, to: OracleGeo): number {
  const s = Math.sin(((to.lat - from.lat) * radiansPerDegree) / 2)
  const t = Math.sin(((to.lon - from.lon) * radiansPerDegree) / 2)
  const cosines = Math.cos(from.lat * radiansPerDegree) * Math.cos(to.lat * radiansPerDegree)
  const h = s * s + cosines * t * t
  return 2 * 6371.0088 * Math.asin(Math.sqrt(Math.min(1, h)))
}

export const oracleMiles = (from: OracleGeo, to: OracleGeo): number => oracleKm(from, to) / 1.609344
