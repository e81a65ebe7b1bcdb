import { PatternError } from './parse-pattern.ts'
import { type CharSet, type PatternNode, wordRanges } from './pattern-tree.ts'

type Instruction =
  | { readonly op: 'set'; readonly set: CharSet }
  | { readonly op: 'assert'; readonly kind: 'start' | 'end' | 'word-edge' | 'no-word-edge' }
  | { readonly op: 'split'; first: number; second: number }
  | { readonly op: 'match' }

const mostInstructions = 2_000

/**
 * A pattern as instructions that all run side by side over the text (K. Thompson, 1968): the cost is at most the length
 * of the text times the number of instructions, whatever the pattern, since nothing is ever tried again.
 */
export class PatternProgram {
  readonly #code: Instruction[] = []
  /** The step at which an instruction was last reached, so that each is followed once a step. */
  readonly #reached: Int32Array
  #step = 0

  /** @throws {PatternError} when its repeats multiply beyond the bound */
  constructor(tree: PatternNode) {
    this.#compile(tree)
    this.#emit({ op: 'match' })
    this.#reached = new Int32Array(this.#code.length)
  }

  /** True when the pattern is found anywhere in the text. */
  test(text: string): boolean {
    this.#reached.fill(0)
    this.#step = 0
    let current: number[] = []
    let previous = -1
    for (let at = 0; at <= text.length; ) {
      const point = at < text.length ? text.codePointAt(at)! : -1
      const next: number[] = []
      this.#step++
      // A match may begin at each position: the threads under way come first, the new one last.
      const threads = current
      current = []
      for (const thread of threads) if (this.#follow(thread, previous, point, current)) return true
      if (this.#follow(0, previous, point, current)) return true
      if (point === -1) return false
      for (const waiting of current) {
        const instruction = this.#code[waiting]!
        if (instruction.op === 'set' && contains(instruction.set, point)) next.push(waiting + 1)
      }
      current = next
      previous = point
      at += point > 0xffff ? 2 : 1
    }
    return false
  }

  /** Goes on to the instructions that wait for a character; true when the match is complete. */
  #follow(from: number, previous: number, point: number, into: number[]): boolean {
    const open = [from]
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (this.#reached[at] === this.#step) continue
      this.#reached[at] = this.#step
      const instruction = this.#code[at]!
      if (instruction.op === 'match') return true
      if (instruction.op === 'set') into.push(at)
      else if (instruction.op === 'split') open.push(instruction.second, instruction.first)
      else if (holds(instruction.kind, previous, point)) open.push(at + 1)
    }
    return false
  }

  #emit(instruction: Instruction): number {
    if (this.#code.length >= mostInstructions) throw new PatternError('its repeats multiply to too many')
    return this.#code.push(instruction) - 1
  }

  #split(): { op: 'split'; first: number; second: number } {
    const split = { op: 'split' as const, first: 0, second: 0 }
    split.first = this.#emit(split) + 1
    split.second = split.first
    return split
  }

  #compile(node: PatternNode): void {
    switch (node.kind) {
      case 'set':
        this.#emit({ op: 'set', set: node.set })
        return
      case 'sequence':
        for (const part of node.parts) this.#compile(part)
        return
      case 'choice':
        return this.#choice(node.parts)
      case 'repeat':
        return this.#repeat(node.part, node.least, node.most)
      default:
        this.#emit({ op: 'assert', kind: node.kind })
    }
  }

  #choice(parts: readonly PatternNode[]): void {
    const ends: { first: number; second: number }[] = []
    for (const [index, part] of parts.entries()) {
      if (index === parts.length - 1) this.#compile(part)
      else {
        const split = this.#split()
        this.#compile(part)
        ends.push(this.#split())
        split.second = this.#code.length
      }
    }
    for (const end of ends) {
      end.first = this.#code.length
      end.second = this.#code.length
    }
  }

  #repeat(part: PatternNode, least: number, most: number): void {
    for (let count = 0; count < least; count++) this.#compile(part)
    if (most === Number.POSITIVE_INFINITY) {
      const start = this.#code.length
      const split = this.#split()
      this.#compile(part)
      const back = this.#split()
      back.first = start
      back.second = start
      split.second = this.#code.length
      return
    }
    const ends: { second: number }[] = []
    for (let count = least; count < most; count++) {
      ends.push(this.#split())
      this.#compile(part)
    }
    for (const end of ends) end.second = this.#code.length
  }
}

function contains({ ranges, negated }: CharSet, point: number): boolean {
  for (const [low, high] of ranges) if (point >= low && point <= high) return !negated
  return negated
}

const word: CharSet = { ranges: wordRanges, negated: false }

/** `previous` and `point` are the characters on both sides, -1 at an end of the text. */
function holds(kind: 'start' | 'end' | 'word-edge' | 'no-word-edge', previous: number, point: number): boolean {
  if (kind === 'start') return previous === -1
  if (kind === 'end') return point === -1
  const atEdge = contains(word, previous) !== contains(word, point)
  return atEdge === (kind === 'word-edge')
}
