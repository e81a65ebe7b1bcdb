import { stateEngine } from '../../../src/state/engines/index.ts'
import { stateEngineContract } from '../../contract/state-engine.ts'

stateEngineContract('rocksdb', { create: () => stateEngine('rocksdb'), onDisk: true })
