import type { Rival } from './rival.ts'
import { kafkaStreams, type StreamsSettings } from './rivals.ts'

/** The variant that was fastest in the sweep on the machine that docs/performance.md describes. */
export const bestStreams: StreamsSettings = {
  store: 'key-value',
  dedupe: 'window',
  caching: 'on',
  'commit-ms': 1000,
  heap: '512m',
}

const base: StreamsSettings = { store: 'window', dedupe: 'window', caching: 'off', 'commit-ms': 500, heap: '512m' }

const described = (settings: StreamsSettings): string =>
  Object.entries(settings)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')

const variant = (settings: StreamsSettings): Rival => kafkaStreams(settings, `kafka streams ${described(settings)}`)

/** One setting after the other away from a sensible middle: what a sweep tries. */
export const sweptVariants = (): readonly Rival[] => [
  ...['window', 'key-value'].flatMap((store) =>
    ['off', 'on'].flatMap((caching) =>
      ['window', 'key-value'].map((dedupe) => variant({ ...base, store, caching, dedupe })),
    ),
  ),
  ...[50, 100, 200, 1000, 2000, 5000].map((ms) => variant({ ...bestStreams, 'commit-ms': ms })),
  ...[0, 5, 20].map((ms) => variant({ ...bestStreams, 'linger-ms': ms })),
  ...['lz4', 'zstd', 'snappy'].map((compression) => variant({ ...bestStreams, compression })),
  ...['128m', '256m', '1g'].map((heap) => variant({ ...bestStreams, heap })),
  variant({ ...bestStreams, 'batch-bytes': 131_072 }),
  variant({ ...bestStreams, 'max-poll-records': 5000 }),
]

/** `store=window,commit-ms=200` over the best variant. */
export function streamsOf(text: string | undefined): Rival {
  const given = Object.fromEntries(
    (text ?? '')
      .split(',')
      .filter(Boolean)
      .map((pair) => pair.split('=', 2)),
  )
  return kafkaStreams({ ...bestStreams, ...given }, 'kafka streams')
}
