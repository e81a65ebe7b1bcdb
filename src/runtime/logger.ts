import { pino } from 'pino'
import { type LogStream, prettyStream } from './pretty-log.ts'

export type LogFields = Readonly<Record<string, unknown>>

/** What the engine needs of a logger: a message of constant text, and fields for what varies. */
export interface Logger {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
  /** A logger whose every line carries these fields, too. */
  child(fields: LogFields): Logger
}

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent'

export interface LoggerOptions {
  /** Least severe level that is written. Default `info`. */
  readonly level?: LogLevel
  /** Lines for people instead of JSON. Default: whether `stream` is a terminal. */
  readonly pretty?: boolean
  /** Default: standard error, so that output stays clean. */
  readonly stream?: LogStream
}

/** Writes one JSON object a line (`level`, `time` in ISO 8601, `msg`, fields; an error under `err`), at once. */
export function createLogger({ level = 'info', stream = process.stderr, ...rest }: LoggerOptions = {}): Logger {
  const pretty = rest.pretty ?? stream.isTTY === true
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  }
  return wrap(pino(options, pretty ? prettyStream(stream) : stream))
}

/** For tests and for commands that say everything themselves. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
}

/** For parts that take a logger as pino has it, fields first. */
export const fieldsFirst = (logger: Logger) => ({
  debug: (fields: object, message: string) => logger.debug(message, fields as LogFields),
  info: (fields: object, message: string) => logger.info(message, fields as LogFields),
  warn: (fields: object, message: string) => logger.warn(message, fields as LogFields),
})

interface PinoLike {
  debug(fields: LogFields, message: string): void
  info(fields: LogFields, message: string): void
  warn(fields: LogFields, message: string): void
  error(fields: LogFields, message: string): void
  child(fields: LogFields): PinoLike
}

const wrap = (to: PinoLike): Logger => ({
  debug: (message, fields = {}) => to.debug(fields, message),
  info: (message, fields = {}) => to.info(fields, message),
  warn: (message, fields = {}) => to.warn(fields, message),
  error: (message, fields = {}) => to.error(fields, message),
  child: (fields) => wrap(to.child(fields)),
})
