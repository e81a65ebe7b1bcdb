/** The two ways into the log of a folder: as its owner, and for a visit beside one. */
export { connectEmbeddedLog } from './connect.ts'
export type { EmbeddedLogOptions } from './folder.ts'
export { openEmbeddedLog } from './owned-log.ts'
