/** Holds the state folder in its first argument, as a running instance does, until it is killed. Writes `held`. */

import { defaultEngine } from '../../src/state/engines/index.ts'

await defaultEngine().open(process.argv[2]!, ['system'])
process.stdout.write('held\n')
setInterval(() => {}, 1 << 30)
