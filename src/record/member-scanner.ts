import type { FieldView } from './field-view.ts'
import { JsonCursor, signs } from './json-cursor.ts'
import { maxPayloadDepth } from './payload.ts'

/** A member that is asked for. Where it is an object, the `members` are read of it, and no others. */
export interface WantedMember {
  readonly name: string
  readonly members?: readonly string[]
}

/** A name that was met, and the name that came behind it last time. */
class MetName {
  /** With its quotes and the colon behind it. */
  readonly bytes: Uint8Array
  /** `undefined` for a name that nobody wants. */
  readonly slot: number | undefined
  readonly members: Members | undefined
  next: MetName | undefined

  constructor(name: string, slot?: number, members?: Members) {
    this.bytes = Buffer.from(`"${name}":`)
    this.slot = slot
    this.members = members
  }
}

const mostNames = 256
const longestName = 64

/**
 * The members of an object by name. Whoever writes objects writes their members in one order nearly always, so that comparing
 * bytes with the name that came next last time tells which member it is.
 */
class Members {
  readonly absent: readonly undefined[]
  /** Stands before the first name. */
  readonly start = new MetName('')
  readonly #met: Map<string, MetName>

  constructor(wanted: readonly WantedMember[]) {
    this.absent = wanted.map(() => undefined)
    const named = ({ name, members }: WantedMember, slot: number) =>
      new MetName(name, slot, members && new Members(members.map((inner) => ({ name: inner }))))
    this.#met = new Map(wanted.map((member, slot) => [member.name, named(member, slot)]))
  }

  /** Names that nobody wants are remembered while they are few and short: they may be data. */
  meet(name: string, before: MetName): MetName {
    let met = this.#met.get(name)
    if (met === undefined) {
      met = new MetName(name)
      if (this.#met.size >= mostNames || name.length > longestName) return met
      this.#met.set(name, met)
    }
    before.next = met
    return met
  }
}

/**
 * Reads wanted members of a JSON object from its bytes, without making text or object of all of it, where the JSON is plain
 * (`JsonCursor`) and no wanted member is a list or an object that nothing is wanted of. The whole value is checked to be JSON.
 */
export class MemberScanner {
  readonly #members: Members

  constructor(wanted: readonly WantedMember[]) {
    this.#members = new Members(wanted)
  }

  /**
   * Of each wanted member what `JSON.parse` gives, in place of an object a list of what is wanted of it, and `undefined` where it
   * is absent. `undefined` when the value is something else than the scanner reads: whether it is valid must be found out otherwise.
   */
  scan({ bytes, from, to }: FieldView): readonly unknown[] | undefined {
    const cursor = new JsonCursor(bytes, from, to)
    if (cursor.peek() !== signs.openBrace) return undefined
    const values = readMembers(cursor, this.#members, 1)
    return cursor.peek() === signs.end ? values : undefined
  }
}

/** From an opening brace to behind the closing one. */
function readMembers(cursor: JsonCursor, members: Members, depth: number): readonly unknown[] | undefined {
  const values: unknown[] = members.absent.slice()
  cursor.pass()
  let sign = cursor.peek()
  if (sign === signs.closeBrace) {
    cursor.pass()
    return values
  }
  let name: MetName | undefined = members.start
  for (;;) {
    name = sign === signs.quote ? readName(cursor, members, name) : undefined
    if (name === undefined) return undefined
    if (name.slot === undefined) {
      if (!skipValue(cursor, depth)) return undefined
    } else {
      const value = readValue(cursor, name.members, depth)
      if (value === undefined) return undefined
      values[name.slot] = value
    }
    sign = cursor.peek()
    cursor.pass()
    if (sign !== signs.comma) return sign === signs.closeBrace ? values : undefined
    sign = cursor.peek()
  }
}

function readName(cursor: JsonCursor, members: Members, before: MetName): MetName | undefined {
  const expected = before.next
  if (expected !== undefined && cursor.passAll(expected.bytes)) return expected
  const name = cursor.string()
  if (name === undefined || cursor.peek() !== signs.colon) return undefined
  cursor.pass()
  return members.meet(name, before)
}

/** `undefined` also for a list or an object that nothing is wanted of. */
function readValue(cursor: JsonCursor, members: Members | undefined, depth: number): unknown {
  const sign = cursor.peek()
  if (sign === signs.quote) return cursor.string()
  if (sign === signs.openBrace && members !== undefined) return readMembers(cursor, members, depth + 1)
  return cursor.wordOrNumber()
}

/** Passes the value that is next, within `depth` objects and lists. */
function skipValue(cursor: JsonCursor, depth: number): boolean {
  const open = cursor.peek()
  if (open === signs.quote) return cursor.skipString()
  if (open !== signs.openBrace && open !== signs.openBracket) return cursor.wordOrNumber() !== undefined
  if (depth === maxPayloadDepth) return false
  const close = open === signs.openBrace ? signs.closeBrace : signs.closeBracket
  cursor.pass()
  if (cursor.peek() === close) {
    cursor.pass()
    return true
  }
  for (;;) {
    if (open === signs.openBrace && !skipName(cursor)) return false
    if (!skipValue(cursor, depth + 1)) return false
    const sign = cursor.peek()
    cursor.pass()
    if (sign !== signs.comma) return sign === close
  }
}

function skipName(cursor: JsonCursor): boolean {
  if (cursor.peek() !== signs.quote || !cursor.skipString() || cursor.peek() !== signs.colon) return false
  cursor.pass()
  return true
}
