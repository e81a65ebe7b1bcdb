import fc from 'fast-check'
import { afterEach, beforeEach, expect, vi } from 'vitest'

// A test that prints hides a message a user would not see: everything people read goes through a given stream.
const methods = ['log', 'info', 'warn', 'error', 'debug'] as const

// A given seed makes every property's run the same one, as on CI; without it each run looks elsewhere.
const seed = process.env['WEIR_PROPERTY_SEED']
if (seed !== undefined) fc.configureGlobal({ seed: Number(seed) })

// What people read is compared without colours, also where the environment (CI, FORCE_COLOR) switches them on.
delete process.env['FORCE_COLOR']
process.env['NO_COLOR'] = '1'

beforeEach(() => {
  for (const method of methods) vi.spyOn(console, method)
})

afterEach(() => {
  for (const method of methods) expect(vi.mocked(console[method]), `console.${method} in a test`).not.toHaveBeenCalled()
  vi.restoreAllMocks()
})
