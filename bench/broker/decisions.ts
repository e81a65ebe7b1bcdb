import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import type { Log } from '../../src/log/log.ts'
import { parseTimeHeader } from '../../src/time/event-time.ts'
import { percentile } from './numbers.ts'
import type { Sample } from './progress.ts'

export interface DecisionsFound {
  readonly count: number
  readonly flagged: number
  /** Of all ids and values in the order of the log. */
  readonly digest: string
  /** From the moment in the decision's header to the first sample in which a read-committed consumer could see it. */
  readonly visibleAfterMs: { readonly p50: number; readonly p99: number }
}

/** Reads the decisions that a run left on its topic, and writes them to a file, one a line. */
export async function readDecisions(
  log: Log,
  { topic, from, samples, file }: { topic: string; from: number; samples: readonly Sample[]; file: string },
): Promise<DecisionsFound> {
  const end = await log.endOffset({ topic, partition: 0 }, 'read-committed')
  const reader = await log.openReader({
    topic,
    partition: 0,
    offset: from,
    isolation: 'read-committed',
    maxBytes: 4 << 20,
  })
  const output = await open(file, 'w')
  const hash = createHash('sha256')
  const waits: number[] = []
  let [count, flagged, at] = [0, 0, 0]
  while (reader.position < end) {
    let text = ''
    for (const { offset, headers, value } of (await reader.poll(100)).records) {
      if (headers['kind']?.toString() !== 'decision') continue
      const json = value!.toString()
      text += `${headers['id']!.toString()}\t${json}\n`
      count++
      if (!json.includes('"fired":[]')) flagged++
      while (at < samples.length && samples[at]!.visible <= offset) at++
      const decidedMs = parseTimeHeader(headers['decided-at']!.toString())
      if (at < samples.length && decidedMs !== undefined) waits.push(samples[at]!.atMs - decidedMs)
    }
    hash.update(text)
    await output.write(text)
  }
  await output.close()
  await reader.close()
  waits.sort((a, b) => a - b)
  const visibleAfterMs = { p50: percentile(waits, 0.5), p99: percentile(waits, 0.99) }
  return { count, flagged, digest: hash.digest('hex'), visibleAfterMs }
}

/** The first line in which two files differ, for a person to read. */
export async function firstDifference(file: string, other: string): Promise<string> {
  const lines = createInterface({ input: createReadStream(file) })[Symbol.asyncIterator]()
  const others = createInterface({ input: createReadStream(other) })[Symbol.asyncIterator]()
  for (;;) {
    const [a, b] = [await lines.next(), await others.next()]
    if (a.value !== b.value) return `${a.value ?? '(nothing)'}\n${b.value ?? '(nothing)'}`
    if (a.done) return 'they are equal'
  }
}
