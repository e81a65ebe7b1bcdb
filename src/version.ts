import packageJson from '../package.json' with { type: 'json' }

/** Weir's version, as `weir --version` prints it and decisions carry it in a header. */
export const version: string = packageJson.version
