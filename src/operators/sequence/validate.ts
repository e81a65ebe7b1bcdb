import { TopologyError } from '../../errors.ts'
import type { SequenceDef } from './definition.ts'

/** @throws TopologyError `topology-invalid` when the definition contradicts itself */
export function validateSequence<E>(def: SequenceDef<E>): void {
  const fail = (what: string): never => {
    throw new TopologyError('topology-invalid', `sequence ${def.name}: ${what}`)
  }
  const names = def.steps.map((step) => step.name)
  if (names.length === 0) fail('it has no steps; name at least one')
  if (new Set(names).size < names.length) fail('two steps have the same name; rename one')
  if (!isDuration(def.withinMs) || !isDuration(def.graceMs)) fail('withinMs and graceMs must be whole numbers from 0')
  const { maxCandidates = 1 } = def
  if (!Number.isInteger(maxCandidates) || maxCandidates < 1) fail('maxCandidates must be a whole number from 1')
  for (const [index, step] of def.steps.entries()) {
    const unread = step.where?.flatMap(({ reads }) => reads ?? []).find((name) => !names.slice(0, index).includes(name))
    if (unread !== undefined) fail(`step ${step.name} reads ${unread}, which is no earlier step`)
  }
  for (const not of def.nots ?? []) {
    const previous = names.indexOf(not.after)
    const trailing = previous === names.length - 1
    if (def.anyOrder) fail('a not needs an order; drop anyOrder or the not')
    if (previous < 0) fail(`a not follows ${not.after}, which is no step`)
    if (not.forMs !== undefined && !isDuration(not.forMs)) fail('forMs must be a whole number from 0')
    if (trailing && not.forMs === undefined) fail('a not after the last step needs forMs')
    if (!trailing && (not.forMs ?? 0) > def.withinMs) fail('forMs is longer than withinMs, so nothing can match')
    const unread = not.where
      ?.flatMap(({ reads }) => reads ?? [])
      .find((name) => !names.slice(0, previous + 1).includes(name))
    if (unread !== undefined) fail(`a not reads ${unread}, which is no earlier step`)
    for (const group of Object.keys(not.index ?? {})) {
      const shared = def.steps.slice(0, previous + 1).some((step) => step.index?.[group] !== undefined)
      if (!shared) fail(`a not's index group ${group} has no earlier step`)
    }
  }
}

const isDuration = (ms: number): boolean => Number.isSafeInteger(ms) && ms >= 0
