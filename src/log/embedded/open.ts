/** The two ways into the log of a folder: as its owner, and for a visit beside one. */
export { type ConnectOptions, connectEmbeddedLog } from './connect.ts'
export { type EmbeddedLogOptions, openEmbeddedLog } from './owned-log.ts'
