import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { loadConfig } from '../../src/runtime/config.ts'
import { settings } from '../../src/runtime/config-settings.ts'
import { runInProcess } from '../cli/in-process.ts'
import { blocksOf, weirCommands } from '../docs/markdown.ts'

const textOf = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

// biome-ignore lint/suspicious/noExplicitAny: manifests are looked at where they lie; a wrong path fails the test
type Manifest = any

function documentsOf(path: string): Manifest[] {
  const documents = parseAllDocuments(textOf(path), { merge: true })
  expect(documents.flatMap(({ errors }) => errors)).toEqual([])
  return documents.map((document) => document.toJS())
}

const folder = 'deploy/kubernetes'
const files = readdirSync(new URL(`../../${folder}`, import.meta.url)).filter((name) => name !== 'kustomization.yaml')
const manifests: Manifest[] = files.flatMap((name) => documentsOf(`${folder}/${name}`))
const ofKind = (kind: string): Manifest => {
  const found = manifests.filter((manifest) => manifest.kind === kind)
  expect(found, kind).toHaveLength(1)
  return found[0]
}
const dockerfile = textOf('deploy/Dockerfile')
const imageEnv = Object.fromEntries(
  [...dockerfile.matchAll(/\b(WEIR_\w+)=(\S+)/g)].map(([, name, value]) => [name!, value!]),
)
const compose: Manifest = documentsOf('deploy/compose.yaml')[0]
const weirServices: [string, Manifest][] = Object.entries(compose.services).filter(
  ([name]) => name !== 'kafka',
) as never

/** Fails unless the words are a command of the CLI with its options. */
async function expectCommand(words: readonly string[]): Promise<void> {
  const [name, second] = words
  const sub = second !== undefined && /^[a-z]+$/.test(second) && ['topics', 'state'].includes(name!) ? [second] : []
  const { code, out } = await runInProcess([name!, ...sub, '--help'])
  expect(code, words.join(' ')).toBe(0)
  for (const option of words.filter((word) => word.startsWith('--'))) expect(out).toContain(option)
}

const known = new Set(settings.map(({ env }) => env))
const namesOf = (env: object) => Object.keys(env).filter((name) => name.startsWith('WEIR_'))
/** A configuration of names alone: files are looked at by nobody here. */
const withoutFiles = (env: Record<string, string>) =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !/_(CA|FILE|KEYS|MECHANISM|USERNAME)$/.test(name)))

describe('the image', () => {
  it('copies nothing that .dockerignore keeps out', () => {
    const kept = new Set(
      textOf('.dockerignore')
        .split('\n')
        .filter((line) => line.startsWith('!'))
        .map((line) => line.slice(1)),
    )
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, names]) => names!.split(' '))
    expect(copied.filter((name) => !kept.has(name))).toEqual([])
    expect(copied).toContain('tsconfig.build.json')
  })

  it('runs as nobody special, on the port it checks and exposes, with settings that exist', async () => {
    expect(dockerfile).toMatch(/^USER 1000:1000$/m)
    expect(dockerfile).toContain(`EXPOSE ${imageEnv['WEIR_HTTP_PORT']}`)
    expect(dockerfile).toContain(`http://127.0.0.1:${imageEnv['WEIR_HTTP_PORT']}/health/live`)
    expect(dockerfile).toContain(`VOLUME ${imageEnv['WEIR_LOG_DATA_DIR']}`)
    expect(namesOf(imageEnv).filter((name) => !known.has(name))).toEqual([])
    expect(loadConfig({ env: imageEnv }).http).toEqual({ host: '0.0.0.0', port: 9400 })
    await expectCommand(JSON.parse(/^CMD (\[.*\])$/m.exec(dockerfile)![1]!))
  })
})

describe('compose', () => {
  it('starts three instances with a volume each, after the topics', () => {
    const instances = weirServices.filter(([name]) => name !== 'topics')
    expect(instances).toHaveLength(3)
    for (const [name, { volumes, ports, depends_on }] of instances) {
      expect(volumes).toEqual([`${name}:${imageEnv['WEIR_LOG_DATA_DIR']}`])
      expect(ports[0]).toMatch(new RegExp(`:${imageEnv['WEIR_HTTP_PORT']}$`))
      expect(depends_on.topics.condition).toBe('service_completed_successfully')
      expect(Object.keys(compose.volumes)).toContain(name)
    }
  })

  it('uses settings and commands that exist', async () => {
    for (const [, { environment, command, stop_grace_period }] of weirServices) {
      expect(namesOf(environment).filter((name) => !known.has(name))).toEqual([])
      const { shutdownTimeoutMs } = loadConfig({ env: environment })
      expect(Number.parseInt(stop_grace_period, 10) * 1000).toBeGreaterThan(shutdownTimeoutMs)
      if (command !== undefined) await expectCommand(command)
    }
  })
})

describe('the Kubernetes manifests', () => {
  const { spec } = ofKind('StatefulSet')
  const pod = spec.template.spec
  const [container] = pod.containers
  const env: Record<string, string> = ofKind('ConfigMap').data

  it('are all named by the kustomization', () => {
    expect([...documentsOf(`${folder}/kustomization.yaml`)[0].resources].sort()).toEqual([...files].sort())
  })

  it('use settings that exist and go together', () => {
    expect(namesOf(env).filter((name) => !known.has(name))).toEqual([])
    const { shutdownTimeoutMs, appId, mainTopic } = loadConfig({ env: withoutFiles(env) })
    expect(pod.terminationGracePeriodSeconds * 1000).toBeGreaterThan(shutdownTimeoutMs)
    const [{ metadata }] = ofKind('ScaledObject').spec.triggers
    expect(metadata).toMatchObject({
      consumerGroup: appId,
      topic: mainTopic,
      bootstrapServers: env['WEIR_KAFKA_BROKERS'],
    })
  })

  it('mount each secret where a setting looks for it, and state where the image keeps it', () => {
    const mounts: Record<string, string> = Object.fromEntries(
      container.volumeMounts.map(({ name, mountPath }: Record<string, string>) => [mountPath, name]),
    )
    const paths = Object.values(env).filter((value) => value.startsWith('/'))
    expect(paths.length).toBeGreaterThan(3)
    for (const path of paths) expect(Object.keys(mounts)).toContain(path.slice(0, path.lastIndexOf('/')))
    expect(mounts[imageEnv['WEIR_LOG_DATA_DIR']!]).toBe(spec.volumeClaimTemplates[0].metadata.name)
    const secrets = pod.volumes.filter(({ secret }: Manifest) => secret !== undefined)
    expect(secrets.every(({ secret }: Manifest) => secret.defaultMode === 0o440)).toBe(true)
    // Settings hold names of files, never secrets.
    expect(known.has('WEIR_KAFKA_SASL_PASSWORD') && 'WEIR_KAFKA_SASL_PASSWORD' in env).toBe(false)
  })

  it('probe paths that the health server answers, on the image’s port', () => {
    const server = textOf('src/runtime/health-server.ts')
    for (const { httpGet } of [container.livenessProbe, container.readinessProbe])
      expect(server).toContain(`'${httpGet.path}'`)
    expect(container.livenessProbe.httpGet.path).toBe('/health/live')
    expect(container.readinessProbe.httpGet.path).toBe('/health/ready')
    expect(String(container.ports[0].containerPort)).toBe(imageEnv['WEIR_HTTP_PORT'])
    expect(spec.template.metadata.annotations['prometheus.io/port']).toBe(imageEnv['WEIR_HTTP_PORT'])
  })

  it('select the pods that they are about', () => {
    const { labels } = spec.template.metadata
    expect(spec.selector.matchLabels).toEqual(labels)
    for (const kind of ['PodDisruptionBudget', 'Service', 'NetworkPolicy']) {
      const about = ofKind(kind).spec
      expect((about.selector ?? about.podSelector).matchLabels ?? about.selector).toEqual(labels)
    }
    expect(ofKind('ScaledObject').spec.scaleTargetRef).toMatchObject({
      kind: 'StatefulSet',
      name: ofKind('StatefulSet').metadata.name,
    })
    expect(spec.serviceName).toBe(ofKind('Service').metadata.name)
  })

  it('never scale beyond the partitions, and run commands that exist', async () => {
    const [job] = ofKind('Job').spec.template.spec.containers
    const partitions = Number(job.args[job.args.indexOf('--partitions') + 1])
    expect(ofKind('ScaledObject').spec.maxReplicaCount).toBeLessThanOrEqual(partitions)
    await expectCommand(job.args)
    await expectCommand(container.args)
  })
})

describe('docs/deployment.md', () => {
  const commands = weirCommands(blocksOf(textOf('docs/deployment.md')))

  it.each(commands.map((words) => ({ line: `weir ${words.join(' ')}`, words })))('$line exists', async ({ words }) => {
    await expectCommand(words)
  })

  it('has commands', () => expect(commands.length).toBeGreaterThan(8))
})
