// Keys, and the callbacks through which the peers' libraries do their cryptography.
import { createHash, randomBytes, X509Certificate } from 'node:crypto'
import * as jose from 'jose'

/** A new P-256 key with its public JWK and a signer for the libraries. */
export async function newKey() {
  const { privateKey, publicKey } = await jose.generateKeyPair('ES256', { extractable: true })
  return describe(privateKey, await jose.exportJWK(publicKey))
}

/** The key of a PKCS#8 file. */
export async function keyOfPem(pem) {
  const privateKey = await jose.importPKCS8(pem, 'ES256', { extractable: true })
  const { d, ...publicJwk } = await jose.exportJWK(privateKey)
  return describe(privateKey, publicJwk)
}

async function describe(privateKey, publicJwk) {
  const key = { privateKey, publicJwk, privateJwk: await jose.exportJWK(privateKey) }
  key.signer = { method: 'jwk', alg: 'ES256', publicJwk }
  key.sign = async (data) => {
    const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, privateKey, Buffer.from(data))
    return Buffer.from(signature).toString('base64url')
  }
  keyring.set(publicJwk.x, key)
  return key
}

const keyring = new Map()

/** Verifies an ES256 signature over `data`. */
export async function es256(data, signature, publicJwk) {
  const key = await crypto.subtle.importKey('jwk', publicJwk, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['verify'])
  const bytes = Buffer.from(signature, 'base64url')
  return crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, key, bytes, Buffer.from(data))
}

/** The public key of the leaf of `x5c`, after its chain was held against `anchor` (PEM). */
export function leafKey(x5c, anchor) {
  const chain = x5c.map((text) => new X509Certificate(Buffer.from(text, 'base64')))
  const root = new X509Certificate(anchor)
  const now = Date.now()
  chain.forEach((certificate, position) => {
    const issuer = chain[position + 1] ?? root
    if (certificate.fingerprint256 === root.fingerprint256) throw new Error('x5c holds the trust anchor')
    if (!certificate.checkIssued(issuer) || !certificate.verify(issuer.publicKey)) throw new Error('broken chain')
    if (Date.parse(certificate.validFrom) > now || Date.parse(certificate.validTo) < now) throw new Error('not valid now')
  })
  return chain[0].publicKey.export({ format: 'jwk' })
}

/** The payload and the header of a compact JWS, unverified. */
export function decode(compact) {
  const [header, payload] = compact.split('.', 2).map((part) => JSON.parse(Buffer.from(part, 'base64url')))
  return { header, payload }
}

export const hash = (data, alg) => createHash(alg.replace('-', '')).update(data).digest()

/** The callbacks of the OpenID4VC libraries; `anchors` (PEM) are what x5c chains are held against. */
export function callbacks({ anchors = [], clientAuthentication }) {
  return {
    hash,
    generateRandom: (length) => randomBytes(length),
    clientAuthentication,
    signJwt: async (signer, { header, payload }) => {
      // Whoever signs under a chain hands in the key with it: a mutant signs with another one than the leaf's.
      const key = signer.key ?? keyring.get(signer.publicJwk.x)
      const jwt = await new jose.SignJWT(payload).setProtectedHeader(header).sign(key.privateKey)
      return { jwt, signerJwk: key.publicJwk }
    },
    verifyJwt: async (signer, { compact, header }) => {
      const publicJwk = signer.method === 'x5c' ? anchored(signer.x5c, anchors) : signer.publicJwk
      const key = await jose.importJWK(publicJwk, 'ES256')
      const { protectedHeader } = await jose.jwtVerify(compact, key, { algorithms: ['ES256'], typ: header.typ })
      return { verified: protectedHeader.alg === header.alg, signerJwk: publicJwk }
    },
    encryptJwe: async ({ publicJwk, alg, enc, apu, apv }, data) => {
      const jwe = new jose.CompactEncrypt(Buffer.from(data))
        .setProtectedHeader({ alg, enc, kid: publicJwk.kid })
        .setKeyManagementParameters({
          apu: apu && Buffer.from(apu, 'base64url'),
          apv: apv && Buffer.from(apv, 'base64url'),
        })
      return { encryptionJwk: publicJwk, jwe: await jwe.encrypt(await jose.importJWK(publicJwk, alg)) }
    },
    decryptJwe: async () => ({ decrypted: false }),
    getX509CertificateMetadata: (certificate) => {
      const names = new X509Certificate(Buffer.from(certificate, 'base64')).subjectAltName ?? ''
      const of = (kind) =>
        names.split(', ').flatMap((name) => (name.startsWith(`${kind}:`) ? [name.slice(kind.length + 1)] : []))
      return { sanDnsNames: of('DNS'), sanUriNames: of('URI') }
    },
  }
}

function anchored(x5c, anchors) {
  let last
  for (const anchor of anchors) {
    try {
      return leafKey(x5c, anchor)
    } catch (error) {
      last = error
    }
  }
  throw last ?? new Error('no trust anchor')
}
