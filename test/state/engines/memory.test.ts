import { stateEngine } from '../../../src/state/engines/index.ts'
import { stateEngineContract } from '../../contract/state-engine.ts'

stateEngineContract('memory', { create: () => stateEngine('memory'), onDisk: false })
