/**
 * Which folder of `src/` may use which. Dependencies point one way:
 * `cli → replay, runtime → task → topology → state → log → record → time → errors`, and beside `task`
 * `rules → operators → topology`. A layer may use everything below it, so each names only its next ones.
 */
export const layers: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  'fail-points': [],
  time: ['errors'],
  version: [],
  record: ['time', 'version'],
  log: ['record', 'fail-points'],
  state: ['log'],
  topology: ['state'],
  operators: ['topology'],
  rules: ['operators'],
  task: ['topology'],
  testing: ['task', 'operators'],
  runtime: ['task', 'rules'],
  replay: ['task', 'rules'],
  cli: ['replay', 'runtime'],
  index: ['replay', 'runtime', 'testing'],
}

/** Packages that only some folders and files may import: whoever else needs them goes through a port. */
export const restrictedPackages: Readonly<Record<string, readonly string[]>> = {
  kafkajs: ['log/kafka'],
  '@node-rs/crc32': ['log/kafka'],
  '@nxtedition/rocksdb': ['state/engines'],
  'classic-level': ['state/engines', 'log/embedded'],
  level: ['state/engines', 'log/embedded'],
  'memory-level': ['state/engines', 'log/embedded', 'log/memory-log.ts'],
  '@opentelemetry/api': ['runtime'],
  '@opentelemetry/sdk-metrics': ['runtime'],
  '@opentelemetry/exporter-prometheus': ['runtime'],
  pino: ['runtime'],
  '@marcbachmann/cel-js': ['rules'],
  commander: ['cli'],
  picocolors: ['cli', 'runtime'],
}

/** What lies outside `src/` and may be imported all the same: the package's own description. */
export const outside: readonly string[] = ['../package.json']

/** Everything that `layer` may use, itself included; `undefined` when there is no such layer. */
export function reachableFrom(layer: string): ReadonlySet<string> | undefined {
  if (layers[layer] === undefined) return undefined
  const reached = new Set([layer])
  for (const each of reached) for (const below of layers[each] ?? []) reached.add(below)
  return reached
}
