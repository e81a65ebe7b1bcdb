import { X509Certificate } from 'node:crypto'

/**
 * Whom a broker takes a client for, by its default rules: the SASL user, else the subject of the client's certificate,
 * else nobody. A broker with mapping rules of its own (`ssl.principal.mapping.rules`) may call it otherwise.
 */
export function principalOf(ssl: boolean | object, sasl: object | undefined): string {
  if (sasl !== undefined && 'username' in sasl) return `User:${sasl.username}`
  const certificate = typeof ssl === 'object' && 'cert' in ssl ? ssl.cert : undefined
  if (typeof certificate !== 'string' && !Buffer.isBuffer(certificate)) return 'User:ANONYMOUS'
  return `User:${distinguishedName(certificate)}`
}

/** As RFC 2253 writes it: the most specific part first. */
function distinguishedName(certificate: string | Buffer): string {
  try {
    return new X509Certificate(certificate).subject.split('\n').reverse().join(',')
  } catch {
    return '(the subject of its certificate)'
  }
}
