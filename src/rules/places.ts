/** How decisions name the place of a record by the offset that the engine has for it. */
export interface Places {
  offsetOf(offset: number): number
  /** What distinguishes records that share an offset: `:NAME` of the feature, or nothing. */
  suffixOf(offset: number): string
}

/** A log's own: every record has an offset of its own. */
export const logPlaces: Places = { offsetOf: (offset) => offset, suffixOf: () => '' }

/**
 * Places in a back-test from lines, where a feature's result comes directly after its cause and has no offset: between two
 * lines there is one place for each feature that is worked out, in their order.
 */
export class ReplayPlaces implements Places {
  /** Names of the global features that are worked out; others are read from the lines. */
  readonly features: readonly string[]

  constructor(features: readonly string[]) {
    this.features = features
  }

  /** The place of the line at `offset`, or of the result that the feature gives to it. */
  place(offset: number, feature?: string): number {
    return offset * (this.features.length + 1) + (feature === undefined ? 0 : this.features.indexOf(feature) + 1)
  }

  offsetOf(place: number): number {
    return Math.floor(place / (this.features.length + 1))
  }

  suffixOf(place: number): string {
    const index = place % (this.features.length + 1)
    return index === 0 ? '' : `:${this.features[index - 1]}`
  }
}
