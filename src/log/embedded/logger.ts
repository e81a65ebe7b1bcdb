/** What the embedded log needs of a logger, as pino has it. */
export interface LogLogger {
  info(fields: Readonly<Record<string, unknown>>, message: string): void
  warn(fields: Readonly<Record<string, unknown>>, message: string): void
}
