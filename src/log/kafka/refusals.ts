import { LogError } from '../../errors.ts'

const untrusted =
  'comes from an authority that is not trusted here; name the certificate of that authority with log.ssl.ca'
const otherName =
  'is made out to another name; use one of its names in log.brokers and in the broker’s advertised.listeners'

/** What is wrong with a broker's certificate, by Node's codes. */
const brokersCertificate: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'has expired; renew it on the broker',
  CERT_NOT_YET_VALID: 'is not valid yet; compare the clocks of both machines',
  CERT_REVOKED: 'was revoked; renew it on the broker',
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_GET_ISSUER_CERT: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  ERR_TLS_CERT_ALTNAME_INVALID: otherName,
}

/** How OpenSSL reports what the broker's alert says about the certificate of this side. */
const ownCertificate =
  /alert (?:certificate required|unknown ca|bad certificate|certificate expired|certificate unknown|unsupported certificate)/i

/** The error for a certificate, on the way to `broker` (host:port), that one side does not take; `undefined` for other failures. */
export function certificateRefused(broker: string, cause: unknown): LogError | undefined {
  for (const error of chainOf(cause)) {
    const { code = '' } = error as NodeJS.ErrnoException
    const about = brokersCertificate[code]
    if (about !== undefined) {
      return new LogError('certificate-refused', `the certificate of ${broker} ${about} (${code})`, { cause })
    }
    const alert = ownCertificate.exec(error.message)?.[0]
    if (alert !== undefined) {
      const message = `${broker} does not take this client’s certificate (${alert}); name one that it trusts with log.ssl.cert and log.ssl.key`
      return new LogError('certificate-refused', message, { cause })
    }
  }
  return undefined
}

/** The error for a login that the broker refuses; `undefined` for other failures. */
export function loginRefused(broker: string, principal: string, cause: unknown): LogError | undefined {
  for (const error of chainOf(cause)) {
    const mechanism = (error as { readonly type?: string }).type === 'UNSUPPORTED_SASL_MECHANISM'
    if (!mechanism && error.name !== 'KafkaJSSASLAuthenticationError') continue
    const remedy = mechanism
      ? 'choose one that this listener has with log.sasl.mechanism'
      : 'mend log.sasl: username, mechanism, and the password or its file'
    return new LogError('not-authorized', `${broker} refuses ${principal}: ${error.message}; ${remedy}`, {
      cause,
    })
  }
  return undefined
}

/**
 * What to look at when a broker hangs up after so many answers: it does so, without a word, on a client that does not
 * speak TLS where it should or names no user where it must. `undefined` for other failures.
 */
export function hangUpHint(
  cause: unknown,
  answers: number,
  { ssl, sasl }: { readonly ssl: object | null; readonly sasl: object | null },
): string | undefined {
  if (![...chainOf(cause)].some(isHangUp)) return undefined
  if (answers === 0)
    return ssl === null ? 'does this listener want TLS (log.ssl)?' : 'does this listener speak TLS (log.ssl)?'
  return answers === 1 && sasl === null ? 'does this listener want a user (log.sasl)?' : undefined
}

const isHangUp = (error: Error): boolean =>
  error.name === 'KafkaJSConnectionClosedError' || (error as NodeJS.ErrnoException).code === 'ECONNRESET'

/** The error and what caused it, and so on. */
function* chainOf(error: unknown): Generator<Error> {
  for (let at = error; at instanceof Error; at = at.cause) yield at
}
