export { type TestDriverOptions, type TestRecord, TopologyTestDriver } from './topology-test-driver.ts'
