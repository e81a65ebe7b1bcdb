import type { Curve, Point } from './curve.ts'

const width = 230
const height = 90
const gap = 50
const titleHeight = 26
const colours = { own: '#2563a8', rival: '#888' }

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
const round = (value: number): string => value.toFixed(1)
const short = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: value < 100 ? 1 : 0 })

interface Place {
  readonly left: number
  readonly top: number
}

interface Line {
  readonly values: readonly number[]
  readonly colour: string
}

/** Lines from 0 up to the highest value, places evenly apart, the first and the last value written beside them. */
function panel(title: string, points: readonly Point[], lines: readonly Line[], { left, top }: Place): string {
  const most = Math.max(...lines.flatMap(({ values }) => values))
  const x = (n: number): string => round(left + (points.length === 1 ? 0 : (n * width) / (points.length - 1)))
  const y = (value: number): string => round(top + height - (value / most) * height)
  const drawn = lines.flatMap(({ values, colour }) => [
    `<polyline points="${values.map((value, n) => `${x(n)},${y(value)}`).join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>`,
    ...values.map((value, n) => `<circle cx="${x(n)}" cy="${y(value)}" r="2.5" fill="${colour}"/>`),
    ...values.map(
      (value, n) =>
        `<text x="${x(n)}" y="${Number(y(value)) - 6}" font-size="10" text-anchor="middle" fill="${colour}">${short(value)}</text>`,
    ),
  ])
  const places = points.map(
    ({ at }, n) =>
      `<text x="${x(n)}" y="${top + height + 14}" font-size="10" text-anchor="middle" fill="#666">${escaped(at)}</text>`,
  )
  return [
    `<text x="${left}" y="${top - 18}" fill="#666">${escaped(title)}</text>`,
    `<path d="M${left} ${top + height}h${width}" stroke="#ccc"/>`,
    ...drawn,
    ...places,
  ].join('\n')
}

/** A row of two small charts a curve: how much a second, and the CPU time of each. */
export function chartOf(curves: readonly Curve[]): string {
  const parts: string[] = []
  let top = 10
  for (const { name, unit, rival, points } of curves) {
    const legend = rival === undefined ? '' : ` (grey: ${rival})`
    parts.push(`<text x="20" y="${top + 14}" font-weight="bold">${escaped(name)}${escaped(legend)}</text>`)
    top += titleHeight + 30
    const own = { values: points.map(({ perSecond }) => perSecond), colour: colours.own }
    const rivals = points.map(({ rivalPerSecond }) => rivalPerSecond).filter((value) => value !== undefined)
    const beside = rivals.length === points.length ? [{ values: rivals, colour: colours.rival }] : []
    parts.push(panel(`${unit} a second`, points, [...beside, own], { left: 30, top }))
    const cpu = { values: points.map(({ cpuMicros }) => cpuMicros), colour: colours.own }
    parts.push(panel('µs of CPU each', points, [cpu], { left: 30 + width + gap + 20, top }))
    top += height + 40
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${2 * (width + gap) + 60}" height="${top}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="white"/>
${parts.join('\n')}
</svg>
`
}
