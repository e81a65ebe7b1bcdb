import { decisionFaults } from './decisions.ts'
import { embeddedLogFaults } from './embedded-log.ts'
import { featureFaults } from './features.ts'
import { globalFeatureFaults } from './global-features.ts'
import { kafkaFaults } from './kafka.ts'
import type { Mutant } from './mutant.ts'
import { recordFaults } from './records.ts'
import { rowAndListFaults } from './rows-and-lists.ts'
import { sequenceFaults } from './sequences.ts'
import { stateFaults } from './state.ts'
import { taskFaults } from './task.ts'
import { timeFaults } from './time.ts'

/** Faults to plant, by what they concern. */
export const mutants: readonly Mutant[] = [
  ...timeFaults,
  ...sequenceFaults,
  ...featureFaults,
  ...globalFeatureFaults,
  ...decisionFaults,
  ...rowAndListFaults,
  ...recordFaults,
  ...taskFaults,
  ...stateFaults,
  ...embeddedLogFaults,
  ...kafkaFaults,
]
