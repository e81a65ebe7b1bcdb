import type { Rival } from './rival.ts'
import { kafkaStreams, type StreamsSettings } from './rivals.ts'

/** The variant that was fastest in the sweep on the machine that docs/performance.md describes. */
export const bestStreams: StreamsSettings = {
  store: 'key-value',
  dedupe: 'key-value',
  caching: 'off',
  'commit-ms': 1000,
  'batch-bytes': 262_144,
  compression: 'lz4',
  'max-poll-records': 5000,
  heap: '1g',
  collector: 'Serial',
}

const described = (settings: StreamsSettings): string =>
  Object.entries(settings)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')

const over = (settings: StreamsSettings): Rival =>
  kafkaStreams({ ...bestStreams, ...settings }, `kafka streams ${described(settings)}`)

/** What a sweep tries by its name, each setting over the best variant so far. */
export const sweeps: Readonly<Record<string, () => readonly Rival[]>> = {
  stores: () =>
    ['window', 'key-value'].flatMap((store) =>
      ['off', 'on'].flatMap((caching) => ['window', 'key-value'].map((dedupe) => over({ store, caching, dedupe }))),
    ),
  commit: () => [50, 100, 200, 500, 1000, 2000, 5000].map((ms) => over({ 'commit-ms': ms })),
  producer: () => [
    ...[0, 5, 20, 100].map((ms) => over({ 'linger-ms': ms })),
    ...['none', 'lz4', 'snappy', 'zstd'].map((compression) => over({ compression })),
    ...[16_384, 65_536, 262_144, 1_048_576].map((bytes) => over({ 'batch-bytes': bytes })),
  ],
  consumer: () => [500, 1000, 5000].map((count) => over({ 'max-poll-records': count })),
  heap: () => ['128m', '256m', '512m', '1g'].map((heap) => over({ heap })),
  collector: () => ['G1', 'Parallel', 'Serial'].map((collector) => over({ collector })),
}

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
