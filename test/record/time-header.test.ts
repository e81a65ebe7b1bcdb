import { describe, expect, it } from 'vitest'
import { timeInHeader } from '../../src/record/time-header.ts'
import { parseTimeHeader } from '../../src/time/event-time.ts'

describe('a time header in bytes', () => {
  it.each([
    '0',
    '007',
    '1772359680000',
    '999999999999999',
    '8640000000000000',
    '8640000000000001',
    '-1',
    '-0',
    '-',
    '',
    '1772359680000 ',
    '+5',
    '1e3',
    '12.5',
    '2026-03-01T10:00:00Z',
    '2026-02-30T10:00:00Z',
    '2026-03-01',
    '１２',
  ])('says what its text says: %j', (text) => {
    expect(timeInHeader(Buffer.from(text))).toBe(parseTimeHeader(Buffer.from(text).toString('latin1')))
  })
})
