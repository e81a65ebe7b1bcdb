import { ConfigError } from '../errors.ts'
import type { HistoryStoreDef, StoreDef } from '../state/stores.ts'

/** The key under which the system store keeps the layout of state that has not the first one. */
export const layoutKey = Buffer.from('layout')

const firstLayout = 1

/** The layout of what a task with these stores keeps; see `HistoryStoreDef`. */
export const layoutOf = (stores: readonly (StoreDef & Pick<Partial<HistoryStoreDef<unknown>>, 'layout'>)[]): number =>
  Math.max(firstLayout, ...stores.map(({ layout = firstLayout }) => layout))

/** What the system store is to keep of it. */
export const layoutBytes = (layout: number): Buffer | undefined =>
  layout === firstLayout ? undefined : Buffer.from(String(layout))

/** @throws ConfigError `rule-set-changed` for state that lacks what these stores would hold */
export function checkLayout(stored: Buffer | undefined, stores: readonly StoreDef[], applicationId: string): void {
  if (Number(stored ?? firstLayout) >= layoutOf(stores)) return
  throw new ConfigError(
    'rule-set-changed',
    `the state of the application "${applicationId}" was computed by an earlier version of Weir, which kept the same features in other stores: ` +
      'weir reset --execute works it out again from the log; another application id begins anew',
  )
}
