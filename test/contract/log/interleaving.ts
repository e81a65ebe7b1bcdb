import { expect, it } from 'vitest'
import type { TransactionalProducer } from '../../../src/log/log.ts'
import type { TopicPartition } from '../../../src/record/record.ts'
import { type LogFixture, outgoing, readUntil, text } from './fixture.ts'

/** Marsaglia's xorshift: the same numbers in [0, 1) for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}

/** One transactional producer that appends and ends at random, noting which values were committed. */
class RandomWriter {
  readonly #session: TransactionalProducer
  readonly #name: string
  #open: string[] = []
  #count = 0

  constructor(session: TransactionalProducer, name: string) {
    this.#session = session
    this.#name = name
  }

  async step(at: TopicPartition, random: () => number, committed: Set<string>): Promise<void> {
    if (this.#open.length > 0 && random() < 0.4) return this.end(random() < 0.5, committed)
    const values = Array.from({ length: 1 + Math.floor(random() * 4) }, () => `${this.#name}${this.#count++}`)
    // Four zero bytes look like the key of a commit marker of an older format.
    await this.#session.send(values.map((value) => outgoing(at, value, random() < 0.4 ? Buffer.alloc(4) : null)))
    this.#open.push(...values)
  }

  async end(commit: boolean, committed: Set<string>): Promise<void> {
    const values = this.#open
    this.#open = []
    if (commit) for (const value of values) committed.add(value)
    await (commit ? this.#session.commit() : this.#session.abort())
  }

  close(): Promise<void> {
    return this.#session.close()
  }
}

export function interleavingContract(fixture: LogFixture): void {
  it.each([1, 2, 3])('delivers exactly the committed records, in offset order (seed %i)', async (seed) => {
    const random = randomFrom(seed * 7919)
    const at = await fixture.partition()
    const committed = new Set<string>()
    const sessions = await Promise.all([fixture.session(), fixture.session(), fixture.session()])
    const writers = sessions.map((session, i) => new RandomWriter(session, 'abc'[i]!))

    const follower = await fixture.log.openReader({ ...at, offset: 0, isolation: 'read-committed', maxBytes: 200 })
    let finished = false
    let end = Number.POSITIVE_INFINITY
    const followed = readUntil(follower, () => finished && follower.position >= end)

    for (let step = 0; step < 75; step++) await writers[Math.floor(random() * 3)]!.step(at, random, committed)
    for (const writer of writers) await writer.end(random() < 0.5, committed)
    await fixture.append(at, 'last')
    committed.add('last')
    await Promise.all(writers.map((writer) => writer.close()))
    end = await fixture.log.endOffset(at, 'read-uncommitted')
    finished = true

    const everything = (await fixture.read(at, 'read-uncommitted')).map(text)
    const expected = everything.filter((value) => committed.has(value))
    expect(new Set(expected)).toEqual(committed)
    expect(everything.length).toBeGreaterThan(expected.length)
    expect((await followed).map(text)).toEqual(expected)
    await follower.close()

    for (const maxBytes of [1, 200, 1_000, 1 << 20]) {
      const records = await fixture.read(at, 'read-committed', { maxBytes })
      expect(records.map(text), `maxBytes ${maxBytes}`).toEqual(expected)
    }
    // From any offset, in the middle of aborted transactions too.
    const records = await fixture.read(at)
    for (let offset = 3; offset < end; offset += 29) {
      const tail = await fixture.read(at, 'read-committed', { offset, maxBytes: 200 })
      expect(tail, `from ${offset}`).toEqual(records.filter((record) => record.offset >= offset))
    }
  })
}
