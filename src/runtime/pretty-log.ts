import pc from 'picocolors'

/** Where log lines go. */
export interface LogStream {
  readonly isTTY?: boolean
  write(text: string): unknown
}

const levels: Readonly<Record<string, string>> = {
  trace: pc.dim('trace'),
  debug: pc.dim('debug'),
  info: pc.green(' info'),
  warn: pc.yellow(' warn'),
  error: pc.red('error'),
}

/** Turns JSON log lines into lines for people: time, level, message, fields; the stack of an error below. */
export const prettyStream = (to: LogStream): LogStream => ({ write: (line) => to.write(prettyLine(line)) })

function prettyLine(line: string): string {
  const { level, time, msg, err, ...fields } = JSON.parse(line)
  const parts = [pc.dim(String(time).slice(11, 23)), levels[level] ?? level, msg]
  for (const [name, value] of Object.entries(fields)) parts.push(`${pc.dim(`${name}=`)}${shown(value)}`)
  const stack = err?.stack ?? err?.message
  return `${parts.join(' ')}\n${stack === undefined ? '' : `${stack}\n`}`
}

const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))
