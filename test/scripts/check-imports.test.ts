import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { checkImports } from '../../scripts/check-imports.ts'

const folders: string[] = []

function tree(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-imports-'))
  folders.push(folder)
  for (const [path, source] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), source)
  }
  return folder
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

describe('checkImports', () => {
  it('lets a layer use every layer below it', () => {
    const folder = tree({
      'errors.ts': 'export const a = 1\n',
      'record/record.ts': "import { a } from '../errors.ts'\nexport const b = a\n",
      'task/task.ts':
        "import { b } from '../record/record.ts'\nimport { a } from '../errors.ts'\nexport const c = [a, b]\n",
      'cli/main.ts': "import {\n  c,\n} from '../task/task.ts'\nexport const d = c\n",
    })
    expect(checkImports(folder)).toEqual([])
  })

  it('names an import that points upwards, of a type or a dynamic one too', () => {
    const folder = tree({
      'state/store.ts': "import type { T } from '../topology/t.ts'\nexport const s = (t: T) => t\n",
      'topology/t.ts': 'export type T = 1\n',
      'log/log.ts': "export const later = () => import('../runtime/app.ts')\n",
      'runtime/app.ts': 'export const app = 1\n',
    })
    expect(checkImports(folder)).toEqual([
      'log/log.ts: log must not use runtime (runtime/app.ts)',
      'state/store.ts: state must not use topology (topology/t.ts)',
    ])
  })

  it('keeps rules and task apart, and lets runtime use both', () => {
    const folder = tree({
      'rules/a.ts': "import '../task/b.ts'\n",
      'task/b.ts': 'export {}\n',
      'runtime/c.ts': "import '../rules/a.ts'\nexport * from '../task/b.ts'\n",
    })
    expect(checkImports(folder)).toEqual(['rules/a.ts: rules must not use task (task/b.ts)'])
  })

  it('names a package in a folder that may not know it', () => {
    const folder = tree({
      'log/kafka/client.ts': "import { Kafka } from 'kafkajs'\nexport const k = Kafka\n",
      'task/task.ts':
        "import { Kafka } from 'kafkajs'\nimport x from '@nxtedition/rocksdb/x'\nexport const k = [Kafka, x]\n",
    })
    expect(checkImports(folder)).toEqual([
      'task/task.ts: only log/kafka may import kafkajs',
      'task/task.ts: only state/engines may import @nxtedition/rocksdb',
    ])
  })

  it('shows a cycle of files within a layer once, file by file', () => {
    const folder = tree({
      'time/a.ts': "import type { B } from './b.ts'\nexport type A = B\n",
      'time/b.ts': "export { C } from './c.ts'\nexport type B = 1\n",
      'time/c.ts': "import type { A } from './a.ts'\nexport const C: A = 1\n",
    })
    expect(checkImports(folder)).toEqual(['cycle: time/a.ts → time/b.ts → time/c.ts → time/a.ts'])
  })

  it('names a file in an unknown folder, and an import that leaves the tree', () => {
    const folder = tree({
      'helpers/x.ts': "import '../errors.ts'\n",
      'errors.ts': "import '../test/y.ts'\n",
    })
    expect(checkImports(folder)).toEqual([
      'errors.ts: ../test/y.ts lies outside src',
      'helpers/x.ts: helpers is not a layer; add it to scripts/layers.ts',
    ])
  })

  it('does not take an import in a docstring for one', () => {
    const folder = tree({ 'errors.ts': "/**\n * import { x } from '../cli/main.ts'\n */\nexport const a = 1\n" })
    expect(checkImports(folder)).toEqual([])
  })
})
