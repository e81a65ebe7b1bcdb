import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import kafkajs, { type Admin } from 'kafkajs'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { canRun } from '../../scripts/broker/jars.ts'
import { connectLog } from '../../src/cli/connect-log.ts'
import { runInProcess } from '../cli/in-process.ts'
import { cardLine, writeSmallRules } from '../cli/small-rules.ts'
import { type Ended, type Running, startWeir } from '../cli/weir.ts'
import { type SecureBroker, startSecureBroker, user } from '../support/secure/broker.ts'

const { AclOperationTypes: operation, AclPermissionTypes: permission, AclResourceTypes: resource } = kafkajs
const literal = kafkajs.ResourcePatternTypes.LITERAL
const canStart = (await canRun('java', ['-version'])) && (await canRun('openssl', ['version']))

type Env = Record<string, string>

/** A command that ends by itself. */
const weir = (args: readonly string[], options: { readonly env: Env; readonly input?: string }) =>
  runInProcess(args, { ...options, connect: connectLog })

describe.skipIf(!canStart)('weir and a Kafka with TLS, users and access control', { timeout: 30_000 }, () => {
  let broker: SecureBroker
  let admin: Admin
  let rules: string
  let passwordFile: string
  const started: Running[] = []

  beforeAll(async () => {
    broker = await startSecureBroker()
    rules = writeSmallRules(path.join(broker.folder, 'rules'))
    passwordFile = path.join(broker.folder, 'password')
    writeFileSync(passwordFile, `${user.password}\n`)
    const stock = new kafkajs.Kafka({ brokers: [broker.plain], logLevel: kafkajs.logLevel.NOTHING })
    admin = stock.admin()
    await admin.connect()
    for (const principal of [`User:${user.username}`, 'User:CN=weir,O=Bank']) {
      const all = { principal, operation: operation.ALL, permissionType: permission.ALLOW }
      await admin.createAcls({
        acl: [
          { ...all, ...at(resource.TOPIC, '*') },
          { ...all, ...at(resource.GROUP, '*') },
          { ...all, ...at(resource.TRANSACTIONAL_ID, '*') },
          { ...all, ...at(resource.CLUSTER, 'kafka-cluster') },
        ],
      })
    }
  })
  afterEach(() => {
    for (const { child } of started.splice(0)) child.kill('SIGKILL')
  })
  afterAll(async () => {
    await admin?.disconnect()
    await broker?.stop()
  })

  const at = (resourceType: number, resourceName: string) => ({
    resourceType,
    resourceName,
    resourcePatternType: literal,
    host: '*',
  })
  const login = (mechanism = 'scram-sha-512'): Env => ({
    WEIR_KAFKA_BROKERS: broker.sasl,
    WEIR_KAFKA_SSL_CA: broker.ca,
    WEIR_KAFKA_SASL_MECHANISM: mechanism,
    WEIR_KAFKA_SASL_USERNAME: user.username,
    WEIR_KAFKA_SASL_PASSWORD_FILE: passwordFile,
  })
  const certificate = (): Env => ({
    WEIR_KAFKA_BROKERS: broker.mutual,
    WEIR_KAFKA_SSL_CA: broker.ca,
    WEIR_KAFKA_SSL_CERT: broker.client.cert,
    WEIR_KAFKA_SSL_KEY: broker.client.key,
  })
  const run = (name: string, env: Env) =>
    startWeir(
      ['run', '--rules', rules, '--topic', name, '--app-id', `app-${name}`, '--unsigned', '--log-level', 'trace'],
      { env },
    )

  /** Creates topics, runs, sends one event and reads its decision; gives everything that was printed. */
  async function decideOne(name: string, env: Env): Promise<string> {
    const of = ['--topic', name]
    const created = await weir(
      ['topics', 'create', '--partitions', '1', '--rules', rules, '--app-id', `app-${name}`, ...of],
      { env },
    )
    const sent = await weir(['send', ...of, '-'], { env, input: cardLine('1', 150) })
    const running = run(name, env)
    const tail = startWeir(['tail', '--json', '--from', 'start', ...of], { env })
    started.push(running, tail)
    await tail.printed('"outcome":"block"')
    tail.child.kill('SIGTERM')
    running.child.kill('SIGTERM')
    const all = [created, sent, await running.ended, await tail.ended]
    expect(all.map(({ code, err }) => ({ code, err }))).toMatchObject([
      { code: 0 },
      { code: 0 },
      { code: 0 },
      { code: 0 },
    ])
    return all.map(({ out, err }) => out + err).join('')
  }

  it.each(['plain', 'scram-sha-256', 'scram-sha-512'])(
    'decides behind TLS and %s, and prints the password nowhere',
    async (mechanism) => {
      const printed = await decideOne(`main-${mechanism}`, login(mechanism))
      expect(printed).toContain(user.username)
      expect(printed).not.toContain(user.password)
    },
  )

  it('decides as the subject of a client certificate, and prints its key nowhere', async () => {
    const printed = await decideOne('main-certificate', certificate())
    expect(printed).not.toContain(readFileSync(broker.client.key, 'utf8').split('\n')[1])
  })

  const refused = (ended: Ended): string => {
    expect(ended).toMatchObject({ code: 1, out: '' })
    return ended.err
  }
  const ask = async (env: Env): Promise<string> =>
    refused(await weir(['tail', '--no-follow', '--topic', 'any'], { env }))

  it.each(['plain', 'scram-sha-256', 'scram-sha-512'])(
    'says that user or password are wrong: %s',
    async (mechanism) => {
      const { WEIR_KAFKA_SASL_PASSWORD_FILE: _, ...rest } = login(mechanism)
      const err = await ask({ ...rest, WEIR_KAFKA_SASL_PASSWORD: 'not-the-password' })
      expect(err).toMatch(/refuses User:risk: .*; mend log.sasl: .*\[not-authorized]/)
      expect(err).not.toContain('not-the-password')
    },
  )

  it('says at once what is wrong with the broker’s certificate', async () => {
    const env = { ...login(), WEIR_KAFKA_SSL_CA: broker.otherCa }
    expect(await ask(env)).toMatch(
      /certificate of 127.0.0.1:\d+ comes from an authority .* log.ssl.ca .*\[certificate-refused]/,
    )
    const expired = { WEIR_KAFKA_BROKERS: broker.expired, WEIR_KAFKA_SSL_CA: broker.ca }
    expect(await ask(expired)).toMatch(/certificate of 127.0.0.1:\d+ has expired; renew it .*\[certificate-refused]/)
  })

  it('says that the broker does not take its certificate', async () => {
    const { WEIR_KAFKA_SSL_CERT: _, WEIR_KAFKA_SSL_KEY: __, ...none } = certificate()
    expect(await ask(none)).toMatch(/does not take this client’s certificate .*log.ssl.cert.*\[certificate-refused]/)
    const other = { ...none, WEIR_KAFKA_SSL_CERT: broker.otherClient.cert, WEIR_KAFKA_SSL_KEY: broker.otherClient.key }
    expect(await ask(other)).toMatch(/does not take this client’s certificate .*log.ssl.cert.*\[certificate-refused]/)
  })

  it('says what to look at when the listener speaks otherwise', async () => {
    const {
      WEIR_KAFKA_SASL_USERNAME: _,
      WEIR_KAFKA_SASL_MECHANISM: __,
      WEIR_KAFKA_SASL_PASSWORD_FILE: ___,
      ...nobody
    } = login()
    // Each is tried for a while: a broker that starts hangs up too.
    const [bare, tls, anonymous] = await Promise.all([
      ask({ WEIR_KAFKA_BROKERS: broker.sasl }),
      ask({ WEIR_KAFKA_BROKERS: broker.plain, WEIR_KAFKA_SSL_ENABLED: 'true' }),
      ask(nobody),
    ])
    expect(bare).toContain('does this listener want TLS (log.ssl)?')
    expect(tls).toContain('does this listener speak TLS (log.ssl)?')
    expect(anonymous).toContain('does this listener want a user (log.sasl)?')
  })

  it('names who may write to main', async () => {
    const of = ['--topic', 'main-checked', '--app-id', 'app-checked', '--rules', rules]
    await weir(['topics', 'create', '--partitions', '1', ...of], { env: login() })
    const { out } = await weir(['topics', 'check', ...of], { env: login() })
    expect(out).toContain('may write to main-checked, and so forge events: User:CN=weir,O=Bank, User:risk, and')
  })

  describe('without one right', () => {
    const name = 'main-rights'
    beforeAll(async () => {
      await decideOne(name, login())
    })

    it.each([
      ['Write', 'topic', name, operation.WRITE, resource.TOPIC],
      ['Read', 'topic', name, operation.READ, resource.TOPIC],
      ['Write', 'topic', `app-${name}-event-id-pages-changelog`, operation.WRITE, resource.TOPIC],
      ['Read', 'group', `app-${name}`, operation.READ, resource.GROUP],
      ['Write', 'transactional-id', `app-${name}-0_0`, operation.WRITE, resource.TRANSACTIONAL_ID],
    ] as const)('names it: %s to the %s %s', async (right, kind, resourceName, denied, resourceType) => {
      const acl = {
        ...at(resourceType, resourceName),
        principal: `User:${user.username}`,
        operation: denied,
        permissionType: permission.DENY,
      }
      await admin.createAcls({ acl: [acl] })
      try {
        await weir(['send', '--topic', name, '-'], {
          env: { WEIR_KAFKA_BROKERS: broker.plain },
          input: cardLine(`${right}-${kind}-${resourceName}`, 150),
        })
        const running = run(name, login())
        started.push(running)
        const err = refused(await running.ended)
        const grant = `kafka-acls.sh --add --allow-principal 'User:risk' --operation ${right} --${kind} '${resourceName}'`
        expect(err).toContain(grant)
        expect(err).toMatch(
          new RegExp(`the principal User:risk may not ${right} .*"${resourceName}".*\\[not-authorized]`),
        )
      } finally {
        await admin.deleteAcls({ filters: [acl] })
      }
    })
  })
})
