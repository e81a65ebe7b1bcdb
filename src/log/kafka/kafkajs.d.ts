// Types of the parts of kafkajs 2.2.4 that protocol.ts uses and its own types leave out. The version is pinned exactly.

declare module 'kafkajs/src/network/connection.js' {
  import type { KafkaJsLogger } from './protocol.ts'

  interface Entry {
    readonly apiKey: number
    readonly apiName: string
    readonly apiVersion: number
    readonly correlationId: number
    resolve(answer: { payload: Buffer }): void
    reject(error: Error): void
  }

  interface RequestQueue {
    readonly pending: readonly unknown[]
    throttleCheckTimeoutId: NodeJS.Timeout | null
    push(request: { entry: Entry; expectResponse: true; requestTimeout: number | null; sendRequest(): void }): void
    rejectAll(error: Error): void
    destroy(): void
    maybeThrottle(ms: number): void
    checkPendingRequests(): void
    scheduleCheckPendingRequests(): void
  }

  export interface ConnectionOptions {
    readonly host: string
    readonly port: number
    readonly clientId: string
    readonly ssl: object | null
    readonly sasl: object | null
    readonly logger: KafkaJsLogger
    readonly socketFactory: unknown
    readonly connectionTimeout: number
    readonly requestTimeout: number
    readonly reauthenticationThreshold: number
    readonly enforceRequestTimeout: boolean
  }

  export default class Connection {
    constructor(options: ConnectionOptions)
    readonly requestQueue: RequestQueue
    readonly socket: import('node:net').Socket | undefined
    connect(): Promise<boolean>
    disconnect(): Promise<boolean>
    authenticate(): Promise<void>
    isConnected(): boolean
    isAuthenticated(): boolean
    setVersions(versions: import('./protocol.ts').ApiVersions): void
    setSupportAuthenticationProtocol(supported: boolean): void
    nextCorrelationId(): number
  }
}

declare module 'kafkajs/src/network/socketFactory.js' {
  const createSocketFactory: () => unknown
  export default createSocketFactory
}

declare module 'kafkajs/src/protocol/requests/index.js' {
  import type { ApiVersions } from './protocol.ts'

  interface Definition {
    readonly versions: readonly (string | number)[]
    protocol(options: { version: number }): unknown
  }

  const protocol: {
    readonly requests: Readonly<Record<string, Definition>>
    lookup(versions: ApiVersions): (apiKey: number, definition: Definition) => unknown
  }
  export default protocol
}
