import { logWithMain } from '../support/counting-app.ts'
import { standbySuite } from '../support/standby-suite.ts'

standbySuite('the embedded log, in memory', logWithMain)
