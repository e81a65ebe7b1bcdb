import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { freePort } from '../../../scripts/broker/free-port.ts'
import { brokerJars } from '../../../scripts/broker/jars.ts'
import { startBroker } from '../../../scripts/broker/start-broker.ts'
import { type Certificate, CertificateAuthority, pemKeyStore } from './certificates.ts'

const run = promisify(execFile)

/** The user that every mechanism knows, and its password. */
export const user = { username: 'risk', password: 'a-secret-of-risk' }

export interface SecureBroker {
  /** Without TLS and user; whoever comes here may do everything. */
  readonly plain: string
  /** TLS and a SASL user. */
  readonly sasl: string
  /** TLS with a certificate of the client's. */
  readonly mutual: string
  /** TLS with a certificate of the broker's that has expired. */
  readonly expired: string
  /** The authority behind the broker's certificates, PEM. */
  readonly ca: string
  /** An authority that signed nothing here, PEM. */
  readonly otherCa: string
  /** A client's certificate with the subject `CN=weir,O=Bank`. */
  readonly client: Certificate
  /** A client's certificate that the broker does not trust. */
  readonly otherClient: Certificate
  /** For files of the test's own. */
  readonly folder: string
  stop(): Promise<void>
}

/** A broker with TLS, SASL and access control, and certificates of its own. Needs Java and openssl. */
export async function startSecureBroker(): Promise<SecureBroker> {
  const folder = await mkdtemp(path.join(tmpdir(), 'weir-secure-'))
  const authority = await CertificateAuthority.create(folder, 'authority')
  const other = await CertificateAuthority.create(folder, 'other-authority')
  const inFolder = (name: string) => path.join(folder, name)
  const keyStore = await pemKeyStore(await authority.sign('broker', '/CN=broker'), inFolder('broker-store.pem'))
  const expiredStore = await pemKeyStore(
    await authority.sign('expired', '/CN=broker', { expired: true }),
    inFolder('expired-store.pem'),
  )
  const ports = { SASL: await freePort(), MUTUAL: await freePort(), EXPIRED: await freePort() }
  const plainModule = 'org.apache.kafka.common.security.plain.PlainLoginModule'
  const scramModule = 'org.apache.kafka.common.security.scram.ScramLoginModule'
  const broker = await startBroker({
    shared: false,
    listeners: ports,
    properties: {
      'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_SSL,MUTUAL:SSL,EXPIRED:SSL',
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': keyStore,
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': authority.cert,
      'listener.name.mutual.ssl.client.auth': 'required',
      'listener.name.expired.ssl.keystore.type': 'PEM',
      'listener.name.expired.ssl.keystore.location': expiredStore,
      'listener.name.sasl.sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
      'listener.name.sasl.plain.sasl.jaas.config': `${plainModule} required user_${user.username}="${user.password}";`,
      'listener.name.sasl.scram-sha-256.sasl.jaas.config': `${scramModule} required;`,
      'listener.name.sasl.scram-sha-512.sasl.jaas.config': `${scramModule} required;`,
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS',
    },
  })
  await addScramUser(broker.brokers)
  return {
    plain: broker.brokers,
    sasl: `127.0.0.1:${ports.SASL}`,
    mutual: `127.0.0.1:${ports.MUTUAL}`,
    expired: `127.0.0.1:${ports.EXPIRED}`,
    ca: authority.cert,
    otherCa: other.cert,
    client: await authority.sign('client', '/O=Bank/CN=weir'),
    otherClient: await other.sign('other-client', '/CN=stranger'),
    folder,
    async stop() {
      await broker.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** One mechanism at a time: Kafka takes no two changes of a user in one request. */
async function addScramUser(brokers: string): Promise<void> {
  const jars = path.join(await brokerJars(), '*')
  const java = ['-Dorg.slf4j.simpleLogger.defaultLogLevel=error', '-cp', jars, 'kafka.admin.ConfigCommand']
  const at = ['--bootstrap-server', brokers, '--entity-type', 'users', '--entity-name', user.username]
  for (const mechanism of ['SCRAM-SHA-256', 'SCRAM-SHA-512']) {
    await run('java', [...java, ...at, '--alter', '--add-config', `${mechanism}=[password=${user.password}]`])
  }
}
