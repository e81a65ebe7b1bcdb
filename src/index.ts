/** The public surface of Weir. Everything else may change without notice. */
export * from './errors.ts'
export { type EmbeddedLogOptions, openEmbeddedLog } from './log/embedded/open.ts'
export { type KafkaLogOptions, openKafkaLog } from './log/kafka/kafka-log.ts'
export type { Log, LogClient } from './log/log.ts'
export { openMemoryLog } from './log/memory-log.ts'
export type { Aggregate, WindowedAggregateDef, WindowedFeature } from './operators/features/definition.ts'
export { type WithFeatures, windowedAggregate } from './operators/features/windowed-aggregate.ts'
export type { SequenceDef, SequenceMatch, StepDef } from './operators/sequence/definition.ts'
export { sequence } from './operators/sequence/sequence.ts'
export type { Headers, LogRecord, OutgoingRecord, TopicPartition } from './record/record.ts'
export type { PackedSerde, Serde } from './record/serde.ts'
export { float64Serde, int64Serde, jsonSerde, stringSerde } from './record/serdes.ts'
export { type BacktestOptions, type BacktestProgress, type BacktestSummary, backtest } from './replay/backtest.ts'
export { type Authenticity, signedBy, unsigned } from './rules/authenticity.ts'
export { type CompileOptions, compileRuleSet } from './rules/compiler.ts'
export { loadRuleFiles, loadRuleSet } from './rules/loader.ts'
export type { RuleSet } from './rules/rule-set.ts'
export { WeirApp } from './runtime/app.ts'
export type { AppOptions } from './runtime/app-options.ts'
export type { AppState, HealthSnapshot, TaskHealth } from './runtime/health.ts'
export { createLogger, type Logger, silentLogger } from './runtime/logger.ts'
export { type Metrics, noMetrics } from './runtime/metrics.ts'
export { createRiskApp, type RiskAppOptions } from './runtime/risk-app.ts'
export type { StateEngine } from './state/engine.ts'
export { defaultEngine, stateEngine } from './state/engines/index.ts'
export type {
  KeyValueStore,
  KeyValueStoreDef,
  Prefetch,
  StoreDef,
  TimestampedStore,
  TimestampedStoreDef,
  WindowEntry,
  WindowRows,
  WindowStore,
  WindowStoreDef,
} from './state/stores.ts'
export { type Clock, ManualClock, systemClock } from './time/clock.ts'
export { TopologyBuilder } from './topology/builder.ts'
export { describeTopology, mermaidOf } from './topology/describe.ts'
export {
  defineOperator,
  type OperatorDef,
  type Processor,
  type ProcessorContext,
  type StreamRecord,
} from './topology/operator.ts'
export type { Ingest, SinkDef, SourceDef, Topology } from './topology/topology.ts'
export { version } from './version.ts'
