import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface Certificate {
  /** Paths of PEM files. */
  readonly cert: string
  readonly key: string
}

/** A certificate authority of the test's own in a folder: signs certificates that nobody else trusts. */
export class CertificateAuthority {
  readonly cert: string
  readonly #folder: string
  readonly #key: string

  private constructor(folder: string, name: string) {
    this.#folder = folder
    this.cert = path.join(folder, `${name}.pem`)
    this.#key = path.join(folder, `${name}.key`)
  }

  static async create(folder: string, name: string): Promise<CertificateAuthority> {
    const authority = new CertificateAuthority(folder, name)
    const subject = ['-subj', `/CN=${name}`, '-days', '30', '-addext', 'basicConstraints=critical,CA:TRUE']
    await openssl('req', '-x509', ...newKey(authority.#key), ...subject, '-out', authority.cert)
    return authority
  }

  /** Signs a certificate for `subject` (`/CN=…`), good for 127.0.0.1: for a month, or, `expired`, until now. */
  async sign(name: string, subject: string, { expired = false } = {}): Promise<Certificate> {
    const file = (ending: string) => path.join(this.#folder, `${name}.${ending}`)
    await openssl('req', ...newKey(file('key')), '-subj', subject, '-out', file('csr'))
    await writeFile(file('ext'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n')
    const validity = ['-days', expired ? '0' : '30']
    const issuer = ['-CA', this.cert, '-CAkey', this.#key, '-CAcreateserial', '-extfile', file('ext')]
    await openssl('x509', '-req', '-in', file('csr'), ...issuer, ...validity, '-out', file('pem'))
    return { cert: file('pem'), key: file('key') }
  }
}

/** Certificate and key in one file, as Kafka's PEM key stores are. */
export async function pemKeyStore({ cert, key }: Certificate, into: string): Promise<string> {
  await writeFile(into, `${await readFile(key, 'utf8')}${await readFile(cert, 'utf8')}`)
  return into
}

const newKey = (file: string): string[] => ['-newkey', 'rsa:2048', '-nodes', '-keyout', file]
const openssl = (...args: string[]): Promise<unknown> => run('openssl', args)
