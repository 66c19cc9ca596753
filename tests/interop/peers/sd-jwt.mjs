// The SD-JWT libraries of the OpenWallet Foundation as holder, issuer and verifier.
import { SDJwtInstance } from '@sd-jwt/core'
import { SDJwtVcInstance } from '@sd-jwt/sd-jwt-vc'
import { randomBytes } from 'node:crypto'
import { decode, es256, hash, leafKey } from './keys.mjs'
import { fileOf, places } from './places.mjs'

const anchor = fileOf('cnss-authority.pem')
const statusAnchor = fileOf('cnss-status-authority.pem')

const common = {
  hasher: (data, alg) => hash(typeof data === 'string' ? Buffer.from(data) : new Uint8Array(data), alg),
  hashAlg: 'sha-256',
  saltGenerator: (length) => randomBytes(length).toString('base64url'),
  kbVerifier: (data, signature, payload) => es256(data, signature, payload.cnf.jwk),
}

/** A verifier of `credential` that takes its key from the chain in its header; it fetches and verifies the status list. */
export function verifierOf(credential) {
  const publicJwk = leafKey(decode(credential).header.x5c, anchor)
  let statusKey
  return new SDJwtVcInstance({
    ...common,
    verifier: (data, signature) => es256(data, signature, publicJwk),
    statusListFetcher: async (uri) => {
      const response = await fetch(uri, { headers: { accept: 'application/statuslist+jwt' } })
      if (!response.ok) throw new Error(`the status list answers ${response.status}`)
      const type = response.headers.get('content-type')
      if (type !== 'application/statuslist+jwt') throw new Error(`the status list has the type ${type}`)
      const text = await response.text()
      const { header, payload } = decode(text)
      if (header.typ !== 'statuslist+jwt' || payload.sub !== uri) throw new Error('not the status list asked for')
      statusKey = leafKey(header.x5c, statusAnchor)
      return text
    },
    statusVerifier: (data, signature) => es256(data, signature, statusKey),
  })
}

/** The same with the base library, which knows nothing of status. */
export function plainVerifierOf(credential) {
  const publicJwk = leafKey(decode(credential).header.x5c, anchor)
  return new SDJwtInstance({ ...common, verifier: (data, signature) => es256(data, signature, publicJwk) })
}

/** A verifier of presentations whose issuer stands under `anchor` (PEM); credentials without a status. */
export function boundVerifierOf(presentation, anchor) {
  const publicJwk = leafKey(decode(presentation).header.x5c, anchor)
  return new SDJwtVcInstance({ ...common, verifier: (data, signature) => es256(data, signature, publicJwk) })
}

/** A presentation of exactly the claims of `frame`, bound by `key`. */
export function present(credential, key, frame, { audience, nonce }) {
  const holder = new SDJwtVcInstance({ ...common, kbSigner: key.sign, kbSignAlg: 'ES256' })
  const payload = { aud: audience, nonce, iat: Math.floor(Date.now() / 1000) }
  return holder.present(credential, frame, { kb: { payload } })
}

/** A credential of `claims`, each selectively disclosable but the `open` ones, signed by `key` under `x5c`. */
export function issue(claims, open, key, x5c) {
  const issuer = new SDJwtVcInstance({ ...common, signer: key.sign, signAlg: 'ES256' })
  const frame = { _sd: Object.keys(claims), _sd_decoy: 2 }
  return issuer.issue({ ...open, ...claims }, frame, { header: { x5c } })
}

/** The certificate chain of the social security issuer as a header carries it. */
export const issuerChain = () => [
  fileOf('cnss-signer.pem')
    .replace(/-----[^-]+-----/g, '')
    .replace(/\s/g, ''),
]

/** A key binding over disclosures that no library would take: written by hand. */
export async function rebind(sdJwt, key, { audience, nonce }) {
  const iat = Math.floor(Date.now() / 1000)
  const sd_hash = hash(sdJwt, 'sha-256').toString('base64url')
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const input = `${encode({ alg: 'ES256', typ: 'kb+jwt' })}.${encode({ aud: audience, nonce, iat, sd_hash })}`
  return `${sdJwt}${input}.${await key.sign(input)}`
}
