/** A place on the handbook's grid: 100 by 100 units, one unit one kilometre. */
export interface GridPoint {
  readonly x: number
  readonly y: number
}

/** Degrees. */
export interface GeoPoint {
  readonly lat: number
  readonly lon: number
}

export const gridSize = 100

const kmPerDegree = (6371.0088 * Math.PI) / 180

const toMicroDegrees = (degrees: number): number => Math.round(degrees * 1e6) / 1e6

/**
 * Puts a grid point on the map: x runs east and y north, (50, 50) lies on `centre`, one unit is one kilometre along
 * the centre's meridian and parallel. Off the centre's parallel an east-west kilometre is off by under one per cent
 * (between 60° south and 60° north). Degrees have six decimals, about a tenth of a metre.
 */
export function geoOf(point: GridPoint, centre: GeoPoint): GeoPoint {
  const kmPerDegreeEast = kmPerDegree * Math.cos((centre.lat * Math.PI) / 180)
  return {
    lat: toMicroDegrees(centre.lat + (point.y - gridSize / 2) / kmPerDegree),
    lon: toMicroDegrees(centre.lon + (point.x - gridSize / 2) / kmPerDegreeEast),
  }
}

/** Grid units, as the crow flies. */
export const gridDistance = (a: GridPoint, b: GridPoint): number => Math.hypot(a.x - b.x, a.y - b.y)
