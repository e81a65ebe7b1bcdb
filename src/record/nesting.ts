import { skipString } from './json-scan.ts'

const quote = 0x22

/** Counts `character` up to `most`; the search itself is native and fast. */
function count(text: string, character: string, most: number): number {
  let found = 0
  for (let at = text.indexOf(character); at !== -1 && found <= most; at = text.indexOf(character, at + 1)) found++
  return found
}

/**
 * True when objects and arrays in the JSON text nest deeper than `levels`; the outermost is level 1. Runs before parsing,
 * without recursion and without memory, whatever the text is.
 */
export function nestsDeeperThan(text: string, levels: number): boolean {
  // Few brackets cannot nest deeply: nearly every text ends here.
  if (count(text, '{', levels) + count(text, '[', levels) <= levels) return false
  let depth = 0
  for (let i = 0; i < text.length; ) {
    const code = text.charCodeAt(i)
    if (code === quote) {
      i = skipString(text, i)
      continue
    }
    if (code === 0x7b || code === 0x5b) {
      if (++depth > levels) return true
    } else if (code === 0x7d || code === 0x5d) depth--
    i++
  }
  return false
}
