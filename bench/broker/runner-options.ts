import { parseArgs } from 'node:util'
import { defaultTaskMemoryMb } from '../../src/state/task-memory.ts'
import type { Emit } from '../data/ten-minute-rule.ts'
import type { Guarantee } from './rival.ts'

/** The flags of the runners on Node. */
export function runnerOptions() {
  const text = { type: 'string' } as const
  const { values } = parseArgs({
    options: {
      brokers: { ...text, default: 'localhost:9092' },
      topic: { ...text, default: 'main' },
      'app-id': { ...text, default: 'weir-bench' },
      'state-dir': { ...text, default: '.weir-bench' },
      guarantee: { ...text, default: 'exactly-once' },
      emit: { ...text, default: 'all' },
      rules: text,
      'max-records': { ...text, default: '8000' },
      'max-bytes': { ...text, default: String(2 << 20) },
      'max-wait-ms': { ...text, default: '100' },
      'task-memory-mb': { ...text, default: String(defaultTaskMemoryMb) },
    },
  })
  return {
    brokers: values.brokers.split(','),
    topic: values.topic,
    applicationId: values['app-id'],
    stateDir: values['state-dir'],
    guarantee: values.guarantee as Guarantee,
    emit: values.emit as Emit,
    /** Folder of rule files, for Weir; `undefined` for the ten-minute rule. */
    rules: values.rules,
    taskMemoryMb: Number(values['task-memory-mb']),
    limits: {
      maxRecords: Number(values['max-records']),
      maxBytes: Number(values['max-bytes']),
      maxWaitMs: Number(values['max-wait-ms']),
    },
  }
}
