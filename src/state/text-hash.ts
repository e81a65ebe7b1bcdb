/** What `hashText` found: two numbers of 32 bits. */
export const hashed = { block: 0, bits: 0 }

let hashedText: string | undefined

/** Two hashes of a text in one pass, left in `hashed`; the multipliers are MurmurHash3's. */
export function hashText(text: string): void {
  // What is looked up is often added next.
  if (text === hashedText) return
  hashedText = text
  let a = 0x9747b28c
  let b = 0x3c6ef372
  for (let n = 0; n < text.length; n++) {
    const code = text.charCodeAt(n)
    a = Math.imul(a ^ code, 0xcc9e2d51)
    b = Math.imul(b ^ code, 0x1b873593)
    a = (a << 15) | (a >>> 17)
    b = (b << 13) | (b >>> 19)
  }
  hashed.block = mixed(a ^ text.length)
  hashed.bits = mixed(b ^ a)
}

function mixed(hash: number): number {
  let bits = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return (bits ^ (bits >>> 16)) >>> 0
}
