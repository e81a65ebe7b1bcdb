import { faultsIn } from './mutant.ts'

const rows = faultsIn('src/rules/operators/update-rows.ts', ['test/rules/decisions.test.ts'])
const lists = faultsIn('src/rules/operators/lists.ts', ['test/rules/control-lists.test.ts'])

/** What data records and control records leave behind. */
export const rowAndListFaults = [
  rows({
    id: 'delete-ignored',
    what: 'A deleted row stays.',
    find: 'if (known !== undefined && isSameRow(known, rowId)) this.#rows.delete(key)',
    replace: '',
  }),
  rows({
    id: 'lsn-reversed',
    what: 'Newer rows of the source are dropped as old, and old ones applied.',
    find: 'change.lsn < BigInt(row.lsn)',
    replace: 'change.lsn > BigInt(row.lsn)',
  }),
  rows({
    id: 'same-lsn-dropped',
    what: 'A row with the lsn of the one before it is dropped, as rows of a snapshot may have.',
    find: 'change.lsn < BigInt(row.lsn)',
    replace: 'change.lsn <= BigInt(row.lsn)',
    tests: ['test/rules/decisions.test.ts', 'test/rules/admission.test.ts'],
  }),
  lists({
    id: 'list-ttl-ignored',
    what: 'An item stays in a list after its time to live.',
    find: 'untilMs !== undefined && timeMs <= untilMs',
    replace: 'untilMs !== undefined',
  }),
  lists({
    id: 'list-ttl-exclusive',
    what: 'An item leaves a list one millisecond early.',
    find: 'untilMs !== undefined && timeMs <= untilMs',
    replace: 'untilMs !== undefined && timeMs < untilMs',
  }),
  lists({
    id: 'list-set-adds',
    what: 'Setting a list adds to the items it had.',
    find: 'bucket.clear()',
    replace: '',
  }),
  faultsIn('src/rules/operators/control.ts', ['test/rules/control-lists.test.ts'])({
    id: 'control-replayed',
    what: 'A signed control record that is sent again is applied again.',
    find: 'signed.sequence <= last.sequence',
    replace: 'signed.sequence < last.sequence',
  }),
]
