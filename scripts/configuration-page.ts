import { writeFile } from 'node:fs/promises'
import { settings } from '../src/runtime/config-settings.ts'

const head = `# Configuration

\`weir run --config FILE\` reads a YAML file with the settings below, nested as their dots say. Each can also be given in the
environment, and the most used ones as flags (\`weir run --help\`). A flag counts more than the environment, that more than the
file, that more than the default. Secrets come from the environment or from files of their own, never from this file.

\`\`\`yaml
appId: card-risk
rules: rules
log:
  brokers: [broker-1:9092, broker-2:9092]
processing:
  guarantee: exactly-once
http: {host: 0.0.0.0, port: 9400}
\`\`\`

A misspelt setting, in the file or in a variable that begins with \`WEIR_\`, is an error with a suggestion.

| setting | environment | value | meaning |
| --- | --- | --- | --- |
`

/** The text of docs/configuration.md, made from the configuration's schema. */
export const configurationPage = (): string =>
  head +
  settings
    .map(
      ({ path, env, expects, description }) =>
        `| \`${path}\` | \`${env}\` | ${expects} | ${description.replaceAll('|', '\\|')} |\n`,
    )
    .join('')

if (import.meta.main) await writeFile(new URL('../docs/configuration.md', import.meta.url), configurationPage())
