// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are pieces of code
import { faultsIn } from './mutant.ts'

const murmur2 = faultsIn('src/record/murmur2.ts', ['test/record/murmur2.test.ts'])
const authenticity = faultsIn('src/rules/authenticity.ts', ['test/rules/authenticity.test.ts'])
const admit = faultsIn('src/rules/operators/admit.ts', ['test/rules/admission.test.ts'])
const signature = faultsIn('src/record/signature.ts', ['test/record/signature.test.ts'])

/** Keys, signatures and bytes. */
export const recordFaults = [
  murmur2({
    id: 'murmur2-sign',
    what: 'A negative hash is made positive by its absolute value, so that keys land on other partitions than in Kafka.',
    find: '(hash & 0x7fffffff) % partitions',
    replace: 'Math.abs(hash) % partitions',
  }),
  murmur2({
    id: 'murmur2-tail',
    what: 'The last bytes of a key whose length is no multiple of four do not count.',
    find: 'if (left >= 1)',
    replace: 'if (left > 3)',
  }),
  admit({
    id: 'misrouted-accepted',
    what: 'A record on another partition than its key hashes to is applied.',
    find: 'if (isMisrouted(log, head, this.#options.partitions)) {',
    replace: 'if (isMisrouted(log, head, this.#options.partitions) && log.partition < 0) {',
  }),
  admit({
    id: 'too-large-accepted',
    what: 'A value over the limit is read.',
    find: 'if (bytes > maxValueBytes)',
    replace: 'if (bytes > 2 * maxValueBytes)',
  }),
  faultsIn('src/record/ingress.ts', ['test/record/ingress.test.ts'])({
    id: 'forged-accepted',
    what: 'A control record without a valid signature is believed.',
    find: "if (forged !== undefined) return refused('forged', forged, head)",
    replace: '',
  }),
  authenticity({
    id: 'mac-not-checked',
    what: 'A decision counts whatever its code is.',
    find: 'return verifyMac(macSecret, record, head.id, bound) ? undefined : noCode',
    replace: 'return head.id.length > 0 ? undefined : noCode',
  }),
  authenticity({
    id: 'tick-of-another-partition',
    what: 'A tick that was written for one partition moves the time of another.',
    find: '({ type, timeMs, partition })',
    replace: '({ type, timeMs, partition: partition * 0 })',
  }),
  authenticity({
    id: 'signature-not-checked',
    what: 'A control record counts when it names a known key, whoever signed it.',
    find: "verifyControl(publicKeys, record) ? undefined : 'no known key",
    replace: "record.headers['key-id'] !== undefined ? undefined : 'no known key",
  }),
  signature({
    id: 'signature-of-another-topic',
    what: 'A signature made for one topic counts on another.',
    find: 'signedBytes(controlDomain, [topic, partition,',
    replace: "signedBytes(controlDomain, [topic && '', partition,",
  }),
  faultsIn('src/record/signed-fields.ts', ['test/record/signature.test.ts'])({
    id: 'signed-fields-run-together',
    what: 'Two lists of fields that read alike in one piece have the same signature.',
    find: 'at = bytes.writeUInt32BE(field === null ? absent : lengths[index]!, at)',
    replace: 'at = bytes.writeUInt32BE(0, at)',
  }),
  faultsIn('src/operators/sequence/typed-key.ts', ['test/operators/typed-key.test.ts'])({
    id: 'number-equals-text',
    what: 'The number 1 and the text "1" are the same card.',
    find: 'return value.isWellFormed() ? `s',
    replace: 'return value.isWellFormed() ? `n',
  }),
  faultsIn('src/operators/sequence/typed-key.ts', ['test/operators/typed-key.test.ts'])({
    id: 'key-parts-run-together',
    what: 'Two keys of several parts that read alike in one piece are one.',
    find: 'key += `${part.length}:${part}`',
    replace: 'key += `:${part}`',
  }),
  faultsIn('src/time/event-time.ts', ['test/time/event-time.test.ts'])({
    id: 'date-that-does-not-exist',
    what: 'A date that does not exist, such as 30 February, is taken for one.',
    find: 'day <= daysOfMonth(year, month)',
    replace: 'day <= Math.max(30, daysOfMonth(year, month))',
  }),
  faultsIn('src/record/canonical-json.ts', ['test/record/canonical-json.test.ts'])({
    id: 'canonical-order',
    what: 'Canonical JSON keeps members in the order in which they were added.',
    find: 'return keys.sort()',
    replace: 'return keys',
  }),
]
