import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const folder = new URL('../support/oracle/', import.meta.url)
const files = readdirSync(folder).filter((name) => name.endsWith('.ts'))
const importsOf = (name: string): string[] => {
  const text = readFileSync(new URL(name, folder), 'utf8')
  return [...text.matchAll(/\bfrom\s+'([^']+)'|\bimport\s*\(?\s*'([^']+)'|\brequire\s*\(\s*'([^']+)'/g)].map(
    (found) => (found[1] ?? found[2] ?? found[3])!,
  )
}

describe('the oracle', () => {
  it('imports nothing but its own files', () => {
    expect(files.length).toBeGreaterThan(5)
    for (const name of files) {
      const foreign = importsOf(name).filter((path) => !/^\.\/[a-z0-9-]+\.ts$/.test(path))
      expect(foreign, name).toEqual([])
    }
  })

  it('is read by this test with imports in it', () => {
    expect(importsOf('oracle.ts')).toContain('./decide.ts')
  })
})
