import { afterEach, beforeEach, expect, vi } from 'vitest'

// A test that prints hides a message a user would not see: everything people read goes through a given stream.
const methods = ['log', 'info', 'warn', 'error', 'debug'] as const

beforeEach(() => {
  for (const method of methods) vi.spyOn(console, method)
})

afterEach(() => {
  for (const method of methods) expect(vi.mocked(console[method]), `console.${method} in a test`).not.toHaveBeenCalled()
  vi.restoreAllMocks()
})
