import { z } from 'zod'
import { defaultTaskMemoryMb } from '../state/task-memory.ts'

/**
 * The settings of `weir run`, as the `--config` file holds them. Each leaf's `description` is what people read about it;
 * `path` marks a file or folder, `secret` what must not stand in the file.
 */
declare module 'zod' {
  interface GlobalMeta {
    readonly path?: boolean
    readonly secret?: boolean
  }
}

const text = (description: string) => z.string().min(1).meta({ description })
const path = (description: string) => z.string().min(1).meta({ description, path: true })
const count = (description: string, min = 1, max = Number.MAX_SAFE_INTEGER) =>
  z.number().int().min(min).max(max).meta({ description })

const ssl = z.strictObject({
  enabled: z.boolean().default(true).meta({ description: 'Whether to use TLS; naming any setting of ssl turns it on' }),
  ca: path('Certificates to trust, PEM; the system’s own when absent').exactOptional(),
  cert: path('Own certificate, PEM').exactOptional(),
  key: path('Private key of the certificate, PEM').exactOptional(),
  rejectUnauthorized: z
    .boolean()
    .default(true)
    .meta({ description: 'Whether to refuse a broker whose certificate does not check out' }),
})

const sasl = z.strictObject({
  mechanism: z
    .enum(['plain', 'scram-sha-256', 'scram-sha-512'])
    .default('scram-sha-512')
    .meta({ description: 'SASL mechanism' }),
  username: text('User name'),
  password: z.string().min(1).meta({ description: 'Password', secret: true }).exactOptional(),
  passwordFile: path('A file that holds the password').exactOptional(),
})

const log = z.strictObject({
  kind: z
    .enum(['embedded', 'kafka'])
    .exactOptional()
    .meta({ description: 'Which log to use; kafka when brokers are named, otherwise embedded' }),
  dataDir: path('Folder of the embedded log and of local state').default('.weir'),
  brokers: z
    .array(z.string().min(1))
    .min(1)
    .meta({ description: 'Kafka’s bootstrap servers, host:port' })
    .exactOptional(),
  clientId: text('The name that brokers log for this client').default('weir'),
  ssl: ssl.exactOptional(),
  sasl: sasl.exactOptional(),
})

export const configSchema = z.strictObject({
  appId: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,200}$/, 'letters, digits, dots, dashes and underscores, at most 200')
    .default('weir')
    .meta({ description: 'Consumer group, and prefix of changelog topics and transactional ids' }),
  rules: path('Folder of rule files').exactOptional(),
  log: log.prefault({}),
  mainTopic: text('The topic that holds events and decisions').default('main'),
  partitions: count('Partitions of the main topic when Weir creates it', 1, 10_000).default(4),
  processing: z
    .strictObject({
      guarantee: z
        .enum(['exactly-once', 'at-least-once'])
        .default('exactly-once')
        .meta({ description: 'at-least-once has lower latency, and may repeat decisions after a crash' }),
    })
    .prefault({}),
  state: z
    .strictObject({
      engine: z
        .enum(['rocksdb', 'level', 'memory'])
        .exactOptional()
        .meta({ description: 'rocksdb where its binary exists, otherwise level' }),
      dir: path('Folder of local state; state in log.dataDir when absent').exactOptional(),
      taskMemoryMb: count(
        'Memory for each task’s state, MiB: a third for what is cached in the heap, a third for commits that the local state does not have yet (a crash replays them), a third for RocksDB’s write buffers and blocks. The windows of features have two thirds as much again',
        8,
        65_536,
      ).default(defaultTaskMemoryMb),
      cleanupDelayMs: count('How long the state of tasks that went to other instances stays').default(600_000),
    })
    .prefault({}),
  threads: count('Threads that share the partitions of this process', 1, 256).default(1),
  standbyReplicas: count('Instances that keep a warm copy of each task’s state beside its owner', 0, 10).default(0),
  ingress: z
    .strictObject({
      mapping: z
        .enum(['none', 'debezium'])
        .default('none')
        .meta({ description: 'How records without Weir’s headers are read' }),
    })
    .prefault({}),
  signing: z
    .strictObject({
      publicKeys: z
        .array(path('A file'))
        .default([])
        .meta({ description: 'Files with Ed25519 public keys (PEM) whose control records are believed', path: true }),
      privateKeyFile: path(
        'File with the Ed25519 private key (PEM); only where rule sets are deployed',
      ).exactOptional(),
      macSecretFile: path('File with the secret that marks Weir’s own records').exactOptional(),
      unsigned: z.boolean().default(false).meta({
        description: 'Believe control records and decisions without a signature: whoever may write to main rules',
      }),
    })
    .prefault({}),
  http: z
    .strictObject({
      host: text('Address to listen on').default('127.0.0.1'),
      port: count('Port of /health and /metrics; off when absent, 0 takes a free one', 0, 65_535).exactOptional(),
    })
    .prefault({}),
  logging: z
    .strictObject({
      level: z
        .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
        .default('info')
        .meta({ description: 'Least severe level that is written' }),
      pretty: z
        .boolean()
        .exactOptional()
        .meta({ description: 'Lines for people instead of JSON; on a terminal by default' }),
    })
    .prefault({}),
  batch: z
    .strictObject({
      maxRecords: count('Most records of one commit').default(8_000),
      maxBytes: count('Most bytes read at a time').default(2_097_152),
      maxWaitMs: count('Longest wait for input before a look around', 0).default(100),
    })
    .prefault({}),
  shutdownTimeoutMs: count('How long a graceful end may take before it is forced', 0).default(30_000),
})

export type ParsedConfig = z.output<typeof configSchema>
