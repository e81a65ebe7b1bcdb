import { type Column, type ScenarioResults, summarise } from './report.ts'
import { titleOf } from './scenario.ts'

const rowHeight = 22
const titleHeight = 30
const label = 190
const bar = 260
const panels: readonly { readonly column: Column; readonly title: string }[] = [
  { column: 'events/s', title: 'events a second' },
  { column: 'CPU µs/event', title: 'µs of CPU an event' },
]
const colours: Readonly<Record<string, string>> = { weir: '#2563a8', 'kafka streams': '#c2571a' }

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
const round = (value: number): string => value.toFixed(1)

/** Bars of the medians with whiskers from minimum to maximum, scenario by scenario. */
export function chartOf(results: readonly ScenarioResults[]): string {
  const parts: string[] = []
  let top = 10
  for (const result of results) {
    const rivals = summarise(result.runs)
    parts.push(`<text x="10" y="${top + 14}" font-weight="bold">${escaped(titleOf(result.scenario))}</text>`)
    top += titleHeight
    for (const [index, { column, title }] of panels.entries()) {
      const left = label + index * (bar + 80)
      const most = Math.max(...rivals.map(({ spreads }) => spreads[column].max))
      parts.push(`<text x="${left}" y="${top + 4}" fill="#666">${title}</text>`)
      for (const [row, { rival, spreads }] of rivals.entries()) {
        const { median, min, max } = spreads[column]
        const y = top + 12 + row * rowHeight
        const x = (value: number): string => round(left + (value / most) * bar)
        const width = round((median / most) * bar)
        if (index === 0) parts.push(`<text x="10" y="${y + 12}">${escaped(rival)}</text>`)
        parts.push(`<rect x="${left}" y="${y}" width="${width}" height="15" fill="${colours[rival] ?? '#888'}"/>`)
        parts.push(`<path d="M${x(min)} ${y + 7.5}H${x(max)}" stroke="#111"/>`)
        const text = median.toLocaleString('en', { maximumFractionDigits: median < 100 ? 1 : 0 })
        parts.push(`<text x="${left + bar + 8}" y="${y + 12}">${text}</text>`)
      }
    }
    top += 12 + rivals.length * rowHeight + 16
  }
  const width = label + panels.length * (bar + 80)
  const style = 'font-family="sans-serif" font-size="12"'
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${top}" ${style}>
<rect width="100%" height="100%" fill="white"/>
${parts.join('\n')}
</svg>
`
}
