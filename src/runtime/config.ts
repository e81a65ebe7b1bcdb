import { accessSync, constants, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError } from '../errors.ts'
import { problemText } from './config-problems.ts'
import { configSchema, type ParsedConfig } from './config-schema.ts'
import { envNameOf, settings } from './config-settings.ts'
import { type FileSource, isSection, readConfigFile, readEnvironment, type SourcedValue } from './config-sources.ts'

export type KafkaSettings = Omit<ParsedConfig['log'], 'kind' | 'dataDir'> & { readonly brokers: readonly string[] }

/** Everything `weir run` needs to know, checked and with its defaults. */
export interface WeirConfig extends Omit<ParsedConfig, 'log' | 'state'> {
  readonly log:
    | { readonly kind: 'embedded'; readonly dataDir: string }
    | ({ readonly kind: 'kafka'; readonly dataDir: string } & KafkaSettings)
  readonly state: ParsedConfig['state'] & { readonly dir: string }
}

export interface ConfigSources {
  /** A YAML file. */
  readonly file?: string
  /** Usually `process.env`: names as `envNameOf` makes them. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** By setting (`log.brokers`), with the flag's name as people type it. */
  readonly flags?: FlagValues
}

export type FlagValues = Readonly<Record<string, { readonly flag: string; readonly value: unknown }>>

/**
 * Puts the configuration together; a flag counts more than the environment, the environment more than the file, the
 * file more than the default. Secrets come from the environment or from files of their own.
 * @throws ConfigError naming each place that is wrong and what belongs there
 */
export function loadConfig({ file, env, flags = {} }: ConfigSources): WeirConfig {
  const fileSource: FileSource | undefined = file === undefined ? undefined : readConfigFile(file)
  const overrides = readEnvironment(env)
  for (const [path, { flag, value }] of Object.entries(flags)) overrides.set(path, { value, origin: flag })

  const originOf = (path: string) => overrides.get(path)?.origin ?? fileSource?.originOf(path) ?? ''
  refuseSecretsIn(fileSource)
  const result = configSchema.safeParse(merged(fileSource?.content ?? {}, overrides), { reportInput: true })
  if (!result.success) throw invalid(result.error.issues.flatMap((issue) => problemText(issue, originOf)))
  return completed(result.data)
}

/** The same configuration without its secrets, for logs. */
export function withoutSecrets(config: WeirConfig): unknown {
  const secrets = new Set(settings.filter(({ isSecret }) => isSecret).map(({ path }) => path.split('.').at(-1)))
  return JSON.parse(JSON.stringify(config, (key, value) => (secrets.has(key) ? '(secret)' : value)))
}

function refuseSecretsIn(file: FileSource | undefined): void {
  for (const { path, env } of settings.filter(({ isSecret }) => isSecret)) {
    if (file === undefined || valueAt(file.content, path) === undefined) continue
    const remedy = `set ${env}, or name a file of its own with ${path}File`
    throw invalid([`${file.originOf(path)}: ${path} is a secret and has no place in this file; ${remedy}`])
  }
}

function merged(content: unknown, overrides: ReadonlyMap<string, SourcedValue>): unknown {
  const result = structuredClone(content)
  for (const [path, { value }] of overrides) {
    const keys = path.split('.')
    const last = keys.pop()!
    let at = result as Record<string, unknown>
    for (const key of keys) {
      if (!isSection(at[key])) at[key] = {}
      at = at[key] as Record<string, unknown>
    }
    at[last] = value
  }
  return result
}

function completed(parsed: ParsedConfig): WeirConfig {
  const { kind, dataDir, brokers, sasl, ssl, ...rest } = parsed.log
  const state = { ...parsed.state, dir: parsed.state.dir ?? join(dataDir, 'state') }
  if ((kind ?? (brokers === undefined ? 'embedded' : 'kafka')) === 'embedded') {
    return { ...parsed, state, log: { kind: 'embedded', dataDir } }
  }
  if (brokers === undefined) {
    throw invalid([`log.kind is kafka, but no brokers are named; set log.brokers or ${envNameOf('log.brokers')}`])
  }
  for (const path of ['log.ssl.ca', 'log.ssl.cert', 'log.ssl.key']) requireReadable(parsed, path)
  const kafka = { ...rest, brokers, ...(ssl && { ssl }), ...(sasl && { sasl: withPassword(sasl) }) }
  return { ...parsed, state, log: { kind: 'kafka', dataDir, ...kafka } }
}

type Sasl = NonNullable<ParsedConfig['log']['sasl']>

function withPassword(sasl: Sasl): Sasl {
  if (sasl.password !== undefined) return sasl
  const remedy = `set ${envNameOf('log.sasl.password')}, or name a readable file with log.sasl.passwordFile`
  if (sasl.passwordFile === undefined) throw invalid([`log.sasl has no password; ${remedy}`])
  try {
    return { ...sasl, password: readFileSync(sasl.passwordFile, 'utf8').trim() }
  } catch (cause) {
    const message = `the password file ${sasl.passwordFile} cannot be read; ${remedy}`
    throw new ConfigError('config-unreadable', message, { cause })
  }
}

function requireReadable(parsed: ParsedConfig, path: string): void {
  const file = valueAt(parsed, path)
  if (typeof file !== 'string') return
  try {
    accessSync(file, constants.R_OK)
  } catch (cause) {
    const message = `${path} names ${file}, which cannot be read; correct it or set ${envNameOf(path)}`
    throw new ConfigError('config-unreadable', message, { cause })
  }
}

function valueAt(content: unknown, path: string): unknown {
  let at = content
  for (const key of path.split('.')) at = isSection(at) ? at[key] : undefined
  return at
}

function invalid(problems: readonly string[]): ConfigError {
  const text = problems.length === 1 ? problems[0]! : `the configuration has ${problems.length} problems:`
  return new ConfigError('config-invalid', problems.length === 1 ? text : [text, ...problems].join('\n  '))
}
