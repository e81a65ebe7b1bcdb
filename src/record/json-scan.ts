import { signs } from './json-cursor.ts'

const { quote, backslash, comma, colon, openBrace, closeBrace, openBracket, closeBracket } = signs

/** The index after the string that opens at `at`; the text's end when it does not close. */
export function skipString(text: string, at: number): number {
  for (let i = at + 1; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === backslash) i++
    else if (code === quote) return i + 1
  }
  return text.length
}

/** Walks over text from `at`, a bracket's depth at a time; stops after the bracket that brings depth back to 0. */
function skipContainer(text: string, at: number): number {
  let depth = 0
  for (let i = at; i < text.length; ) {
    const code = text.charCodeAt(i)
    if (code === quote) {
      i = skipString(text, i)
      continue
    }
    i++
    if (code === openBrace || code === openBracket) depth++
    else if ((code === closeBrace || code === closeBracket) && --depth === 0) return i
  }
  return text.length
}

function skipSpace(text: string, at: number): number {
  let i = at
  while (i < text.length && text.charCodeAt(i) <= 0x20) i++
  return i
}

function skipValue(text: string, at: number): number {
  const code = text.charCodeAt(at)
  if (code === quote) return skipString(text, at)
  if (code === openBrace || code === openBracket) return skipContainer(text, at)
  let i = at
  for (; i < text.length; i++) {
    const next = text.charCodeAt(i)
    if (next === comma || next === closeBrace || next <= 0x20) break
  }
  return i
}

/**
 * The text of an object's member as it stands, without parsing it; of several with the name, the last. `undefined` when
 * there is none, or a member's name has escapes (which could spell the name otherwise).
 *
 * @param text valid JSON whose value is an object
 */
export function memberText(text: string, name: string): string | undefined {
  let found: string | undefined
  let at = skipSpace(text, skipSpace(text, 0) + 1)
  while (text.charCodeAt(at) === quote) {
    const nameEnd = skipString(text, at)
    const member = text.slice(at + 1, nameEnd - 1)
    if (member.includes('\\')) return undefined
    let start = skipSpace(text, nameEnd)
    if (text.charCodeAt(start) === colon) start = skipSpace(text, start + 1)
    const end = skipValue(text, start)
    if (member === name) found = text.slice(start, end)
    at = skipSpace(text, end)
    if (text.charCodeAt(at) === comma) at = skipSpace(text, at + 1)
  }
  return found
}
