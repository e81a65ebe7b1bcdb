import { MemoryLevel } from 'memory-level'
import { type Clock, systemClock } from '../time/clock.ts'
import { EmbeddedLog } from './embedded/embedded-log.ts'

/** An embedded log in memory, for tests and the TopologyTestDriver: nothing of it outlives `close`. */
export function openMemoryLog(clock: Clock = systemClock): Promise<EmbeddedLog> {
  return EmbeddedLog.open(new MemoryLevel<Buffer, Buffer>({ keyEncoding: 'buffer', valueEncoding: 'buffer' }), clock)
}
