/** Why a record goes to the dead-letter topic, and what the reason means. Codes are stable; details are for people. */
export const rejectMeanings = {
  'not-json': 'the value (or the line) is not JSON in UTF-8',
  'missing-kind': 'there is no kind header, and no configured mapping says what the record is',
  'unknown-kind': 'the kind is none of business, data, decision and control',
  'missing-type': 'the type is missing, empty or not UTF-8 text',
  'missing-id': 'the id is missing, empty or not UTF-8 text',
  'missing-key': 'a business or data record has no key, or an empty one: it belongs to no customer',
  'invalid-key': 'the key is not UTF-8 text, or (Debezium) not one plain field',
  'invalid-time': 'the time is missing, has no offset, or is no date that exists',
  ahead: 'the time is more than maxAhead after the time at which the log took the record',
  misrouted: 'the key hashes to another partition: the order of its records would be lost',
  forged: 'a control record, decision or feature record without a valid signature or MAC',
  'payload-not-object': 'the value is JSON, but not an object',
  'too-deep': 'the value nests deeper than 64 levels',
  'too-large': 'the value (or the line) is larger than the limit',
  'wrong-type': 'a declared field holds a value of another type',
  'invalid-change': 'a data record is not a change of a row: op c, u, d or r with before and after',
  'invalid-control': 'a signed control record does not say anything the engine knows',
  'invalid-coordinates': 'a line names a partition, offset or timestamp that cannot be',
} as const

export type RejectReason = keyof typeof rejectMeanings

export const rejectReasons = Object.keys(rejectMeanings) as readonly RejectReason[]

/** A record that does not fit: the stable reason, and what exactly was wrong, without values of the payload. */
export interface Rejection {
  readonly reason: RejectReason
  readonly detail: string
}
