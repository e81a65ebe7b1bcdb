import { afterEach, describe, expect, it } from 'vitest'
import { type HealthSnapshot, healthReport } from '../../src/runtime/health.ts'
import { type HealthServer, type HealthServerOptions, startHealthServer } from '../../src/runtime/health-server.ts'

const running: HealthSnapshot = { state: 'RUNNING', tasks: [{ taskId: '0_0', state: 'RUNNING', lag: 3 }] }

describe('healthReport', () => {
  it('is ready when every task runs, and without tasks', () => {
    expect(healthReport(running)).toMatchObject({ status: 'ready', reasons: [] })
    expect(healthReport({ state: 'RUNNING', tasks: [] })).toMatchObject({ status: 'ready' })
  })

  it('is not ready while a task restores, and says how far it is', () => {
    const tasks = [
      {
        taskId: '0_1',
        state: 'RESTORING' as const,
        restore: { remaining: 3, total: 10, perSecond: 2, secondsLeft: 2 },
      },
    ]
    expect(healthReport({ state: 'RUNNING', tasks })).toMatchObject({
      status: 'not-ready',
      reasons: ['task 0_1 is RESTORING, 7 of 10 records restored at 2 a second; about 2 s left'],
    })
  })

  it('is not ready while the log is unavailable', () => {
    expect(healthReport({ ...running, logUnavailable: 'connection refused' })).toMatchObject({
      status: 'not-ready',
      reasons: ['the log is unavailable: connection refused'],
    })
  })

  it('is degraded, and still ready, from the bound on that a transaction holds readers back', () => {
    const heldFor = (openTransactionAgeMs: number): HealthSnapshot => ({
      state: 'RUNNING',
      tasks: [{ taskId: '0_0', state: 'RUNNING', openTransactionAgeMs }],
    })
    expect(healthReport(heldFor(29_999)).status).toBe('ready')
    expect(healthReport(heldFor(30_000))).toMatchObject({
      status: 'degraded',
      reasons: ['task 0_0 waits behind a transaction that has been open for 30 s; end its producer'],
    })
    expect(healthReport(heldFor(5_000), { maxOpenTransactionAgeMs: 5_000 }).status).toBe('degraded')
  })
})

describe('the health server', () => {
  let server: HealthServer | undefined

  async function start(options: Partial<HealthServerOptions> = {}): Promise<HealthServer> {
    server = await startHealthServer({ host: '127.0.0.1', port: 0, snapshot: () => running, ...options })
    return server
  }
  afterEach(() => server?.close())

  it('answers 200 when ready and when degraded, 503 when not', async () => {
    let snapshot = running
    const { url } = await start({ snapshot: () => snapshot })
    const ready = await fetch(`${url}/health/ready`)
    expect([ready.status, await ready.json()]).toEqual([
      200,
      { status: 'ready', reasons: [], ...running, standbys: [], owners: {} },
    ])
    snapshot = { state: 'RUNNING', tasks: [{ taskId: '0_0', state: 'RUNNING', openTransactionAgeMs: 60_000 }] }
    expect((await fetch(`${url}/health/ready`)).status).toBe(200)
    snapshot = { ...running, state: 'REBALANCING' }
    expect((await fetch(`${url}/health/ready`)).status).toBe(503)
    expect((await fetch(`${url}/health/live`)).status).toBe(200)
    snapshot = { ...running, state: 'ERROR', error: 'disk full' }
    expect((await fetch(`${url}/health/live`)).status).toBe(503)
  })

  it('serves metrics as text when there are any, and 404 otherwise', async () => {
    const { url } = await start({ metrics: async () => 'weir_x 1\n' })
    const response = await fetch(`${url}/metrics`)
    expect([response.status, await response.text()]).toEqual([200, 'weir_x 1\n'])
    expect(response.headers.get('content-type')).toContain('text/plain')
    expect((await fetch(`${url}/other`)).status).toBe(404)
    expect((await fetch(`${url}/health/live`, { method: 'POST' })).status).toBe(405)
  })

  it('says which setting to change when the port is taken', async () => {
    const { port } = await start()
    await expect(startHealthServer({ host: '127.0.0.1', port, snapshot: () => running })).rejects.toThrow(
      `127.0.0.1:${port} is taken; set another http.port (WEIR_HTTP_PORT)`,
    )
  })
})
