/** What the embedded log needs of a logger, as pino has it. */
export interface LogLogger {
  warn(fields: Readonly<Record<string, unknown>>, message: string): void
}
