import type { z } from 'zod'
import { nearest } from '../rules/suggest.ts'
import { envNameOf, keysOf, settings } from './config-settings.ts'

/**
 * One sentence for each thing an issue of the schema complains about: where it was written, what is wrong, and what
 * belongs there or where else it can be set. Secrets are not repeated.
 */
export function problemText(issue: z.core.$ZodIssue, originOf: (path: string) => string): string[] {
  if (issue.code === 'unrecognized_keys') {
    const section = issue.path.join('.')
    return issue.keys.map((key) => unknownKey(section, key, originOf(joined(section, key))))
  }
  const setting = settingAt(issue.path)
  if (setting === undefined) {
    const section = issue.path.join('.')
    return [`${prefix(originOf(section))}${section} must be a section with ${(keysOf(section) ?? []).join(', ')}`]
  }
  const { path, expects, isSecret } = setting
  const origin = originOf(path)
  if (issue.input === undefined && issue.code === 'invalid_type') {
    return [`${path} is missing; set it in the configuration file or with ${envNameOf(path)}`]
  }
  const what = issue.code === 'invalid_format' ? issue.message : expects
  const found = isSecret ? '' : `, not ${JSON.stringify(issue.input)}`
  const elsewhere = origin.startsWith('WEIR_') || origin.startsWith('-') ? '' : ` (or set ${envNameOf(path)})`
  return [`${prefix(origin)}${path} must be ${what}${found}${elsewhere}`]
}

function unknownKey(section: string, key: string, origin: string): string {
  const known = keysOf(section) ?? []
  const near = nearest(key, known)
  const remedy = near === undefined ? `it may be one of ${known.join(', ')}` : `did you mean "${near}"?`
  const where = section === '' ? 'is not a setting' : `is not a setting of ${section}`
  return `${prefix(origin)}"${key}" ${where}; ${remedy}`
}

/** An issue inside a list belongs to the list's setting. */
function settingAt(path: readonly PropertyKey[]) {
  const keys = path.filter((key) => typeof key === 'string')
  return settings.find((setting) => setting.path === keys.join('.'))
}

const prefix = (origin: string): string => (origin === '' ? '' : `${origin}: `)
const joined = (section: string, key: string): string => (section === '' ? key : `${section}.${key}`)
