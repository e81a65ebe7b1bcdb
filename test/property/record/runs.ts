/** How often a property runs: `usual`, unless WEIR_PROPERTY_RUNS says otherwise; from WEIR_PROPERTY_SEED when it is set. */
export function runs(usual: number): { readonly numRuns: number; readonly seed?: number } {
  const { WEIR_PROPERTY_RUNS: count, WEIR_PROPERTY_SEED: seed } = process.env
  return { numRuns: Number(count ?? usual), ...(seed === undefined ? {} : { seed: Number(seed) }) }
}
