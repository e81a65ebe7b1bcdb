import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import * as errors from '../src/errors.ts'

it('has every code of every class in docs/errors.md, and no other', async () => {
  const page = await readFile(new URL('../docs/errors.md', import.meta.url), 'utf8')
  const documented = [...page.matchAll(/^\| `([a-z-]+)` \|/gm)].map((found) => found[1])
  const declared = Object.entries(errors).flatMap(([name, value]) =>
    name.endsWith('Codes') ? (value as readonly string[]) : [],
  )
  expect(documented.toSorted()).toEqual(declared.toSorted())
})

it('names each error after its class, with its code and cause', () => {
  const cause = new Error('why')
  const error = new errors.LogError('log-unavailable', 'no answer', { cause })
  expect(error).toMatchObject({ name: 'LogError', code: 'log-unavailable', message: 'no answer', cause })
  expect(error).toBeInstanceOf(errors.WeirError)
})
