import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RuleSetError } from '../errors.ts'
import { canonicalForm, hashOf } from './canonical.ts'
import { buildEvents } from './loading/build-events.ts'
import { buildFeatures } from './loading/build-features.ts'
import { buildLists } from './loading/build-lists.ts'
import { buildOptions } from './loading/build-options.ts'
import { buildRules } from './loading/build-rules.ts'
import { buildTables } from './loading/build-tables.ts'
import { buildTests } from './loading/build-tests.ts'
import { Issues } from './loading/issues.ts'
import { type Names, sound } from './loading/names.ts'
import { readTree } from './loading/read-tree.ts'
import { mergeSections } from './loading/sections.ts'
import { SourceFile } from './loading/source-file.ts'
import { type Surroundings, warnAbout } from './loading/warnings.ts'
import type { RuleSet } from './rule-set.ts'

/** A rule file as it is read: what messages call it, and its text. */
export interface RuleFile {
  readonly path: string
  readonly text: string
}

/** What to judge the rule set by, for warnings. Default: nothing, and no such warnings. */
export type LoadOptions = Surroundings

const mostFiles = 500

/**
 * Loads the rule files (`*.yaml`, `*.yml`, `*.json`) of a directory, not of those in it. Messages name the files as
 * `directory` does.
 *
 * @throws {RuleSetError} with every problem found: mend the files where its issues say
 */
export async function loadRuleSet(directory: string, options: LoadOptions = {}): Promise<RuleSet> {
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    const what = error.code === 'ENOTDIR' ? 'is no directory' : 'cannot be read'
    throw failure(directory, 'file-unreadable', `${directory} ${what}`, 'give the directory that holds the rule files')
  })
  const ruleFiles = names.filter((name) => /\.(ya?ml|json)$/.test(name)).sort()
  if (ruleFiles.length === 0) {
    throw failure(
      directory,
      'no-rule-files',
      `there are no rule files in ${directory}`,
      'rule files end in .yaml, .yml or .json',
    )
  }
  if (ruleFiles.length > mostFiles) {
    throw failure(directory, 'too-many', `there are more than ${mostFiles} rule files`, 'join some of them')
  }
  const files = await Promise.all(ruleFiles.map((name) => readRuleFile(join(directory, name))))
  return loadRuleFiles(files, options)
}

async function readRuleFile(path: string): Promise<RuleFile> {
  const bytes = await readFile(path).catch(() => {
    throw failure(path, 'file-unreadable', 'the file cannot be read', 'check that it is a file, and who may read it')
  })
  try {
    return { path, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
  } catch {
    throw failure(path, 'file-unreadable', 'the file is not UTF-8', 'save it as UTF-8')
  }
}

const failure = (file: string, code: string, message: string, hint: string): RuleSetError =>
  new RuleSetError([{ severity: 'error', file, line: 1, column: 1, code, message, hint }])

/**
 * Loads rule files that are already in memory; their order does not matter.
 *
 * @throws {RuleSetError} with every problem found: mend the files where its issues say
 */
export function loadRuleFiles(files: readonly RuleFile[], surroundings: LoadOptions = {}): RuleSet {
  const issues = new Issues()
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
  const trees = sorted.map(({ path, text }) => readTree(new SourceFile(path, text), issues))
  const sections = mergeSections(
    trees.filter((tree) => tree !== undefined),
    issues,
  )
  // After a file that cannot be read every name of it would be reported as unknown.
  if (trees.length > 0 && issues.hasUnreadable) throw new RuleSetError(issues.sorted())
  const names: Names = {
    issues,
    events: new Map(),
    tables: new Map(),
    lists: new Map(),
    declaredLists: new Map(),
    features: new Map(),
    ruleScopes: new Map(),
  }
  const options = buildOptions(sections.options, issues)
  const ruleIds = new Set<string>()
  buildEvents(sections.events, names)
  buildLists(sections.lists, names)
  buildTables(sections.tables, names)
  buildFeatures(sections.features, names)
  const rules = buildRules(sections.rules, ruleIds, names)
  const tests = buildTests(sections.tests, ruleIds, names)
  const content = {
    options,
    events: sound(names.events),
    tables: sound(names.tables),
    lists: names.lists,
    features: sound(names.features),
    rules,
  }
  const isWhole =
    rules.length === sections.rules.length &&
    tests.length === sections.tests.length &&
    [names.events, names.tables, names.features].every((all) => ![...all.values()].includes('broken' as never))
  if (issues.hasErrors) throw new RuleSetError(issues.sorted())
  if (!isWhole) throw new Error('a part of the rule set was refused without a reason')
  warnAbout(content, issues, surroundings)
  const canonical = canonicalForm(content)
  return { ...content, tests, canonical, hash: hashOf(canonical), warnings: issues.sorted() }
}
