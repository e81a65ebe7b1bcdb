/** Python's `math.fsum`: partial sums that do not overlap, rounded once, half to even. */
export function fsum(values: readonly number[]): number {
  if (values.some((value) => !Number.isFinite(value))) return Number.NaN
  const partials: number[] = []
  for (let x of values) {
    let kept = 0
    for (let y of partials) {
      if (Math.abs(x) < Math.abs(y)) [x, y] = [y, x]
      const high = x + y
      const low = y - (high - x)
      if (low !== 0) partials[kept++] = low
      x = high
    }
    partials.length = kept
    partials.push(x)
  }
  let high = 0
  let at = partials.length
  let low = 0
  if (at > 0) high = partials[--at]!
  while (at > 0) {
    const x = high
    const y = partials[--at]!
    high = x + y
    low = y - (high - x)
    if (low !== 0) break
  }
  if (at > 0 && ((low < 0 && partials[at - 1]! < 0) || (low > 0 && partials[at - 1]! > 0))) {
    const doubled = low * 2
    const next = high + doubled
    if (doubled === next - high) high = next
  }
  return high + 0
}
