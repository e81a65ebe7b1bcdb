/** A rule file's text, and the lines in it. */
export class SourceFile {
  readonly path: string
  readonly text: string
  readonly #lineStarts: number[] = [0]

  constructor(path: string, text: string) {
    this.path = path
    this.text = text
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) this.#lineStarts.push(at + 1)
  }

  /** Line and column of an offset, both from 1; columns count UTF-16 units, as editors do. */
  positionOf(offset: number): { readonly line: number; readonly column: number } {
    let low = 0
    let high = this.#lineStarts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#lineStarts[middle]! <= offset) low = middle
      else high = middle - 1
    }
    return { line: low + 1, column: offset - this.#lineStarts[low]! + 1 }
  }
}

/** A place that an issue points at. */
export interface Place {
  readonly file: SourceFile
  readonly offset: number
}

/** `rules/cards.yaml:3:5` */
export function placeName({ file, offset }: Place): string {
  const { line, column } = file.positionOf(offset)
  return `${file.path}:${line}:${column}`
}
