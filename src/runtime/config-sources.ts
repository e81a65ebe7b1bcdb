import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { isMap, isPair, isScalar, LineCounter, parseDocument, visit } from 'yaml'
import { ConfigError } from '../errors.ts'
import { nearest } from '../rules/suggest.ts'
import { type Setting, settings } from './config-settings.ts'

const envPrefix = 'WEIR_'

/** A value with the words that name the place it came from: `weir.yaml:3`, `WEIR_APP_ID`, `--app-id`. */
export interface SourcedValue {
  readonly value: unknown
  readonly origin: string
}

/** The file: its whole content, and where each key stands. */
export interface FileSource {
  readonly content: unknown
  /** `weir.yaml:3` for the dotted path of a key, or the file's name alone. */
  originOf(path: string): string
}

/**
 * Reads a YAML (or JSON) file; an empty one is an empty section. Paths in it are resolved against its folder.
 * @throws ConfigError `config-unreadable` when the file cannot be read or is not YAML
 */
export function readConfigFile(file: string): FileSource {
  let source: string
  try {
    source = readFileSync(file, 'utf8')
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : String(cause)
    throw new ConfigError('config-unreadable', `${file} cannot be read: ${why}; check the path given to --config`, {
      cause,
    })
  }
  const lineCounter = new LineCounter()
  const document = parseDocument(source, { lineCounter, prettyErrors: false })
  const error = document.errors[0]
  if (error !== undefined) {
    const { line, col } = lineCounter.linePos(error.pos[0])
    throw new ConfigError('config-unreadable', `${file}:${line}:${col} is not YAML: ${error.message}`)
  }
  const lines = new Map<string, number>()
  visit(document, {
    Pair(_, pair, ancestors) {
      const keys = [...ancestors.filter(isPair), pair].map(({ key }) => (isScalar(key) ? String(key.value) : '?'))
      const start = isScalar(pair.key) ? pair.key.range?.[0] : undefined
      if (start !== undefined) lines.set(keys.join('.'), lineCounter.linePos(start).line)
    },
  })
  const content = document.contents === null ? {} : withoutNulls(document.toJS())
  if (document.contents !== null && !isMap(document.contents)) {
    throw new ConfigError('config-invalid', `${file} must hold keys and values, such as "appId: weir"`)
  }
  const pathsIn = settings.filter(({ isPath }) => isPath)
  for (const { path } of pathsIn) changeAt(content, path, (value) => resolveIn(dirname(file), value))
  return {
    content,
    originOf(path) {
      const line = lines.get(path)
      return line === undefined ? file : `${file}:${line}`
    },
  }
}

/**
 * The settings that the environment gives, by path; an empty variable counts as unset.
 * @throws ConfigError for a variable that is nearly the name of a setting
 */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>): Map<string, SourcedValue> {
  const byName = new Map(settings.map((setting) => [setting.env, setting]))
  const values = new Map<string, SourcedValue>()
  for (const [name, text] of Object.entries(env)) {
    if (!name.startsWith(envPrefix) || text === undefined || text === '') continue
    const setting = byName.get(name)
    if (setting !== undefined) values.set(setting.path, { value: parsed(setting, text), origin: name })
    else refuseMisspelt(name, byName.keys())
  }
  return values
}

/** Other variables of that prefix are somebody else's. */
function refuseMisspelt(name: string, known: Iterable<string>): void {
  const near = nearest(
    name.slice(envPrefix.length),
    Array.from(known, (each) => each.slice(envPrefix.length)),
  )
  if (near === undefined) return
  throw new ConfigError('config-invalid', `${name} is not a setting; did you mean ${envPrefix}${near}?`)
}

/** What is not a number or boolean stays text, and validation says so. */
function parsed({ kind }: Setting, text: string): unknown {
  if (kind === 'number' && /^-?\d+$/.test(text)) return Number(text)
  if (kind === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  if (kind === 'list') return text.split(',').map((item) => item.trim())
  return text
}

function resolveIn(folder: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => resolveIn(folder, item))
  return typeof value === 'string' && value !== '' ? resolve(folder, value) : value
}

function changeAt(content: unknown, path: string, change: (value: unknown) => unknown): void {
  const keys = path.split('.')
  const last = keys.pop()!
  let at = content
  for (const key of keys) at = isSection(at) ? at[key] : undefined
  if (isSection(at) && last in at) at[last] = change(at[last])
}

/** A key with nothing behind it (all its lines commented out) is not set. */
function withoutNulls(value: unknown): unknown {
  if (!isSection(value)) return value
  const entries = Object.entries(value).filter(([, inner]) => inner !== null)
  return Object.fromEntries(entries.map(([key, inner]) => [key, withoutNulls(inner)]))
}

export const isSection = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
