const quote = 0x22
const backslash = 0x5c

/** Counts `character` up to `most`; the search itself is native and fast. */
function count(text: string, character: string, most: number): number {
  let found = 0
  for (let at = text.indexOf(character); at !== -1 && found <= most; at = text.indexOf(character, at + 1)) found++
  return found
}

/** The index after the string that opens at `at`; the text's end when it does not close. */
function skipString(text: string, at: number): number {
  for (let i = at + 1; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === backslash) i++
    else if (code === quote) return i + 1
  }
  return text.length
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
