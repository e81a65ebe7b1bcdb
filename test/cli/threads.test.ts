import { threadsSuite } from '../support/threads-suite.ts'

threadsSuite('the embedded log', (dir) => ({
  settings: { 'log.dataDir': dir },
  mainTopic: 'main',
  applicationId: 'weir',
}))
