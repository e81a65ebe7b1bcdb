import { join } from 'node:path'
import { resetSuite } from '../support/reset-suite.ts'

resetSuite('the embedded log', (folder) => ({
  log: ['--data-dir', join(folder, 'log'), '--topic', 'main'],
  appId: 'weir',
  env: {},
  crashes: ['after-offsets:3', 'before-apply:4'],
}))
