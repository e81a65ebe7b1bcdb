import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { configurationPage } from '../../scripts/configuration-page.ts'

it('lists every setting in docs/configuration.md (made by `node scripts/configuration-page.ts`)', async () => {
  const page = await readFile(new URL('../../docs/configuration.md', import.meta.url), 'utf8')
  expect(page).toBe(configurationPage())
})
