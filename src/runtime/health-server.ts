import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ConfigError } from '../errors.ts'
import { type HealthOptions, type HealthSnapshot, healthReport, isAlive } from './health.ts'

export interface HealthServerOptions extends HealthOptions {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** Asked at each request. */
  snapshot(): HealthSnapshot
  /** The text of `/metrics`; without it that page is not there. */
  metrics?(): Promise<string>
}

interface Page {
  readonly status: number
  readonly type: string
  readonly body: string
}

export interface HealthServer {
  readonly url: string
  readonly port: number
  close(): Promise<void>
}

/**
 * Serves `/health/live` (200 or 503), `/health/ready` (200 when ready or degraded, otherwise 503, with reasons and
 * tasks) and `/metrics`. The pages are read-only and have no authentication: keep to the loopback or a private network.
 * @throws ConfigError `config-invalid` when the address cannot be listened on
 */
export async function startHealthServer(options: HealthServerOptions): Promise<HealthServer> {
  const { host, port } = options
  const server = createServer((request, response) => {
    answer(options, request).then(
      (page) => reply(response, page),
      (error) => reply(response, json(500, { error: String(error) })),
    )
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why = cause.code === 'EADDRINUSE' ? 'is taken' : `cannot be used (${cause.code})`
      reject(
        new ConfigError('config-invalid', `${host}:${port} ${why}; set another http.port (WEIR_HTTP_PORT)`, { cause }),
      )
    })
    server.listen(port, host, resolve)
  })
  const { address, family, port: actual } = server.address() as AddressInfo
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${actual}`,
    port: actual,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}

async function answer(options: HealthServerOptions, { method, url }: IncomingMessage): Promise<Page> {
  if (method !== 'GET' && method !== 'HEAD') return json(405, { error: 'only GET is allowed' })
  const path = url?.split('?')[0]
  if (path === '/metrics' && options.metrics !== undefined) {
    return { status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', body: await options.metrics() }
  }
  if (path === '/health/live') {
    const alive = isAlive(options.snapshot())
    return json(alive ? 200 : 503, { status: alive ? 'live' : 'dead' })
  }
  if (path === '/health/ready') {
    const report = healthReport(options.snapshot(), options)
    return json(report.status === 'not-ready' ? 503 : 200, report)
  }
  return json(404, { error: 'there are /health/live, /health/ready and /metrics' })
}

const json = (status: number, content: unknown): Page => ({
  status,
  type: 'application/json',
  body: `${JSON.stringify(content)}\n`,
})

function reply(response: ServerResponse, { status, type, body }: Page): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' })
  response.end(body)
}
