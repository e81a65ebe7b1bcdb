// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are pieces of code
import { faultsIn } from './mutant.ts'

const pipeline = faultsIn('src/task/commit-pipeline.ts', ['test/task/commit-pipeline.test.ts'])
const changelog = faultsIn('src/task/restore-changelog.ts', ['test/task/restore-changelog.test.ts'])
const restore = faultsIn('src/state/restore.ts', ['test/state/restore.test.ts'])
const openState = faultsIn('src/task/open-state.ts', ['test/task/open-state.test.ts'])
const inputLoop = faultsIn('src/task/input-loop.ts', ['test/task/stream-task.test.ts'])

/** Commit and restore. */
export const taskFaults = [
  pipeline({
    id: 'applied-before-commit',
    what: 'State is written before the log has committed, so that a failed commit leaves it behind.',
    find: 'const startedMs = clock.nowMs()',
    replace:
      'await writeBehind.add({ drained, streamTimeMs: -1, system: [], changelogEnds: new Map() })\n    const startedMs = clock.nowMs()',
  }),
  faultsIn('src/state/write-behind.ts', ['test/task/commit-pipeline.test.ts'])({
    id: 'position-without-state',
    what: 'The position is stored without the changes that belong to it.',
    find: '...drained.changes(streamTimeMs), ',
    replace: '',
  }),
  pipeline({
    id: 'position-without-changelog',
    what: 'The changelog does not get what the database gets.',
    find: '[...changelog, ...',
    replace: '[...changelog.slice(0, 0), ...',
  }),
  pipeline({
    id: 'changelog-offset-one-early',
    what: 'The stored changelog position is one too low.',
    find: '[store, offsets[index]! + 1]',
    replace: '[store, offsets[index]!]',
  }),
  pipeline({
    id: 'changelog-offset-one-late',
    what: 'The stored changelog position is one too high, so that a restore skips a record.',
    find: '[store, offsets[index]! + 1]',
    replace: '[store, offsets[index]! + 2]',
  }),
  pipeline({
    id: 'empty-batch-commits',
    what: 'A batch with nothing to write opens a transaction, whose marker feeds the next.',
    find: 'if (outgoing.length > 0 || !drained.isEmpty)',
    replace: 'if (outgoing.length >= 0)',
  }),
  pipeline({
    id: 'commit-after-failure',
    what: 'A task goes on committing after a commit that failed.',
    find: 'this.#onTheWay = this.#commit(commit)',
    replace: 'this.#onTheWay = this.#commit(commit).catch(() => {})',
  }),
  pipeline({
    id: 'commit-amid-batch',
    what: 'What waits for a commit goes on its way while a batch is half processed, with what that has written so far.',
    find: 'if (this.#isBetween && this.#isFree)',
    replace: 'if (this.#isFree)',
  }),
  pipeline({
    id: 'held-beyond-failure',
    what: 'What waited for a commit that fails is committed after it.',
    find: 'this.#held = undefined\n        this.#hidden.end()',
    replace: 'this.#onTheWay = Promise.resolve()',
  }),
  pipeline({
    id: 'at-least-once-position-early',
    what: 'Without transactions the changelog has a position before the output that belongs to it.',
    find: 'committer.isAtomic ? system :',
    replace: 'committer !== undefined ? system :',
  }),
  inputLoop({
    id: 'position-of-whole-fetch',
    what: 'The position of a part of a fetch is that of the whole, so that a crash loses the rest.',
    find: '?.offset ?? batch.nextOffset',
    replace: '?.offset === -1 ? 0 : batch.nextOffset',
  }),
  inputLoop({
    id: 'rest-of-fetch-lost',
    what: 'A suspended task does not go back to what it left of its fetch.',
    find: 'this.#reader.seek(this.#live.position)',
    replace: '',
  }),
  faultsIn('src/task/committer.ts', ['test/task/commit-pipeline.test.ts'])({
    id: 'offsets-not-committed',
    what: 'The input position is not part of the transaction.',
    find: 'this.#producer.sendOffsets(this.#groupId, offsets)',
    replace: 'this.#producer.sendOffsets(this.#groupId, offsets.slice(1))',
  }),
  faultsIn('src/task/committer.ts', ['test/task/commit-pipeline.test.ts'])({
    id: 'task-shares-producer',
    what: 'All tasks of an application have the same transactional id, so that they fence each other.',
    find: 'const transactionalId = `${groupId}-${taskId}`',
    replace: 'const transactionalId = `${groupId}-${taskId.length}`',
  }),
  changelog({
    id: 'restore-read-uncommitted',
    what: 'A restore applies records of aborted transactions.',
    find: "isolation: 'read-committed'",
    replace: "isolation: 'read-uncommitted'",
  }),
  changelog({
    id: 'restore-to-stable-end',
    what: 'A restore does not wait for what an open transaction holds back.',
    find: "log.endOffset(changelog, 'read-uncommitted')",
    replace: "log.endOffset(changelog, 'read-committed')",
  }),
  changelog({
    id: 'restore-by-last-record',
    what: 'A restore waits for a last record where a marker lies, instead of counting positions.',
    find:
      'while (reader.position < end) {\n' +
      "    if (stopped()) throw new TaskMigratedError('assignment-lost', 'the task was taken away while it was being restored')\n" +
      '    const { records, nextOffset } = await reader.poll(waitMs)\n',
    replace:
      'let seen = reader.position\n  while (seen < end) {\n' +
      "    if (stopped()) throw new TaskMigratedError('assignment-lost', 'taken away')\n" +
      '    const { records } = await reader.poll(waitMs)\n' +
      '    seen = (records.at(-1)?.offset ?? seen - 1) + 1\n    const nextOffset = seen\n',
  }),
  changelog({
    id: 'trimmed-while-read',
    what: 'A changelog that is trimmed while it is read ends the application instead of having the state rebuilt.',
    find: "error.code === 'offset-out-of-range'",
    replace: "error.code === 'topic-missing'",
  }),
  changelog({
    id: 'lost-changelog-unnoticed',
    what: 'State goes on although its changelog ends before it.',
    find: 'if (from !== undefined && from > end)',
    replace: 'if (from !== undefined && from > end && end < 0)',
  }),
  changelog({
    id: 'lost-records-unnoticed',
    what: 'State goes on although more of its changelog is gone than what is past its retention.',
    find: 'if (isCut && begin > trimmedTo)',
    replace: 'if (isCut && begin < trimmedTo)',
  }),
  restore({
    id: 'restore-skips-tail',
    what: 'What a restore read since its last full batch is not applied.',
    find: 'if (reached > applied) await apply()',
    replace: '',
  }),
  restore({
    id: 'restore-counts-records',
    what: 'A restore counts records instead of positions.',
    find: 'reached = Math.max(reached, batch.nextOffset)',
    replace: 'reached += batch.entries.length',
  }),
  openState({
    id: 'definition-not-checked',
    what: 'State that another rule set computed is used.',
    find: 'if (stored === undefined || stored.toString() === definition) return',
    replace: 'if (stored === undefined || definition !== undefined) return',
  }),
  openState({
    id: 'stored-position-first',
    what: "The state's own position wins over what the group has committed.",
    find: 'if (committed === undefined) return stored',
    replace: 'if (committed === undefined || stored !== undefined) return stored',
  }),
  openState({
    id: 'live-state-hidden-early',
    what: 'In a live task, what a record makes due is already hidden when that record comes.',
    find: '() => streamTime.beforeMs',
    replace: '() => streamTime.nowMs',
  }),
  openState({
    id: 'stream-time-lost',
    what: 'After a restart stream time begins anew, so that late events are on time.',
    find: 'streamTime.reset(position.streamTimeMs)',
    replace: 'streamTime.reset(-1)',
  }),
]
