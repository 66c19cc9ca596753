// A verifier of the OpenWallet Foundation's libraries, for our wallet: signed request, encrypted answer, SD-JWT with key binding.
import { Openid4vpVerifier } from '@openid4vc/openid4vp'
import * as jose from 'jose'
import { createHash, randomBytes } from 'node:crypto'
import { FOREIGN_VCT } from './foreign-issuer.mjs'
import { foreignFile } from './foreign.mjs'
import { callbacks } from './keys.mjs'
import { boundVerifierOf } from './sd-jwt.mjs'
import { serve } from './server.mjs'

/**
 * Starts a verifier with one question. `signer` is whose certificate the request carries; `key` signs it when another key is
 * to; `responseUri` turns the honest address into another one; `prefix` is how the client identifies itself.
 */
export async function foreignVerifier({ tls, signer, key = signer.key, responseUri = (uri) => uri, prefix = 'x509_hash' }) {
  const seen = { requests: 0, answers: 0, verdict: undefined, refusal: undefined }
  const { privateKey, publicKey } = await jose.generateKeyPair('ECDH-ES', { crv: 'P-256', extractable: true })
  const encryption = { ...(await jose.exportJWK(publicKey)), kid: 'answer', use: 'enc', alg: 'ECDH-ES' }
  const all = {
    ...callbacks({ anchors: [foreignFile('authority.pem')] }),
    decryptJwe: async (jwe) => {
      const { plaintext } = await jose.compactDecrypt(jwe, privateKey)
      return { decrypted: true, decryptionJwk: encryption, payload: Buffer.from(plaintext).toString() }
    },
  }
  const verifier = new Openid4vpVerifier({ callbacks: all })
  let server
  const handle = (request) => routes[`${request.method} ${request.path}`]?.(request) ?? Promise.resolve({ status: 404 })
  server = await serve({ tls }, handle)
  const { base } = server
  const hash = createHash('sha256').update(Buffer.from(signer.x5c[0], 'base64')).digest('base64url')
  const client_id = prefix === 'x509_hash' ? `x509_hash:${hash}` : `${prefix}:localhost`
  const payload = {
    response_type: 'vp_token',
    response_mode: 'direct_post.jwt',
    client_id,
    nonce: randomBytes(24).toString('base64url'),
    state: randomBytes(24).toString('base64url'),
    response_uri: responseUri(`${base}/answer`),
    dcql_query: {
      credentials: [
        {
          id: 'membership',
          format: 'dc+sd-jwt',
          meta: { vct_values: [FOREIGN_VCT] },
          claims: [{ path: ['member_number'] }, { path: ['level'] }],
        },
      ],
    },
    client_metadata: {
      jwks: { keys: [encryption] },
      encrypted_response_enc_values_supported: ['A256GCM'],
      vp_formats_supported: { 'dc+sd-jwt': { 'sd-jwt_alg_values': ['ES256'], 'kb-jwt_alg_values': ['ES256'] } },
    },
  }
  const request = await verifier.createOpenId4vpAuthorizationRequest({
    authorizationRequestPayload: payload,
    jar: {
      requestUri: `${base}/request`,
      expiresInSeconds: 120,
      jwtSigner: { method: 'x5c', alg: 'ES256', x5c: signer.x5c, key },
      additionalJwtPayload: { aud: 'https://self-issued.me/v2' },
    },
  })

  async function answer(body) {
    const { authorizationResponsePayload } = await verifier.parseOpenid4vpAuthorizationResponse({
      authorizationResponse: Object.fromEntries(new URLSearchParams(body)),
      authorizationRequestPayload: payload,
      callbacks: all,
    })
    if (authorizationResponsePayload.state !== payload.state) throw new Error('the state of another request')
    const { membership } = verifier.parseDcqlVpToken(authorizationResponsePayload.vp_token)
    const text = Array.isArray(membership) ? membership[0] : membership
    const verified = await boundVerifierOf(text, foreignFile('authority.pem')).verify(text, {
      keyBindingNonce: payload.nonce,
      requiredClaimKeys: ['member_number', 'level'],
    })
    // The library compares no audience.
    if (verified.kb.payload.aud !== client_id) throw new Error('bound for another verifier')
    return verified.payload
  }

  const routes = {
    'GET /request': async () => {
      seen.requests += 1
      return { type: 'application/oauth-authz-req+jwt', body: request.jar.authorizationRequestJwt }
    },
    'POST /answer': async ({ body }) => {
      seen.answers += 1
      const form = new URLSearchParams(body)
      if (form.has('error')) seen.refusal = Object.fromEntries(form)
      else seen.verdict = await answer(body)
      return { body: {} }
    },
  }
  return { ...server, seen, link: request.authorizationRequest }
}
