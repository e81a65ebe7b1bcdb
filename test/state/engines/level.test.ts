import { stateEngine } from '../../../src/state/engines/index.ts'
import { stateEngineContract } from '../../contract/state-engine.ts'

stateEngineContract('level', { create: () => stateEngine('level'), onDisk: true })
