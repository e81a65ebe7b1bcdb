import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type Mutant, planted } from './mutant.ts'

/** A copy of the working tree in which faults are planted, one at a time; the tree itself is never touched. */
export class MutantTree {
  readonly folder: string

  private constructor(folder: string) {
    this.folder = folder
  }

  /** Copies what git knows or would add, as it lies in the working tree; packages are shared. */
  static async copyOf(root: string): Promise<MutantTree> {
    const folder = await mkdtemp(join(tmpdir(), 'weir-mutants-'))
    const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    })
    for (const path of new Set(listed.split('\0').filter((line) => line !== ''))) {
      await mkdir(join(folder, dirname(path)), { recursive: true })
      await cp(join(root, path), join(folder, path), { recursive: true }).catch(isGone)
    }
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
    return new MutantTree(folder)
  }

  /** Runs something with the fault planted. @throws RangeError when its text does not occur exactly once */
  async withFault<T>(mutant: Mutant, run: () => Promise<T>): Promise<T> {
    const path = join(this.folder, mutant.file)
    const source = await readFile(path, 'utf8')
    await writeFile(path, planted(mutant, source))
    try {
      return await run()
    } finally {
      await writeFile(path, source)
    }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** A file that was deleted and not yet committed is listed and not there. */
function isGone(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}
