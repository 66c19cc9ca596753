// A credential issuer of the OpenWallet Foundation's libraries, for our wallet: pre-authorized code, transaction code, DPoP.
import {
  clientAuthenticationAnonymous,
  Oauth2AuthorizationServer,
  Oauth2ErrorCodes,
  Oauth2ResourceServer,
  preAuthorizedCodeGrantIdentifier,
} from '@openid4vc/oauth2'
import { Openid4vciIssuer, Openid4vciVersion } from '@openid4vc/openid4vci'
import { randomBytes } from 'node:crypto'
import { callbacks, decode, newKey } from './keys.mjs'
import { issue } from './sd-jwt.mjs'
import { serve } from './server.mjs'

export const FOREIGN_VCT = 'urn:example:membership:1'
const CONFIGURATION = 'membership'
export const TX_CODE = '493536'
const CODE = 'code-of-the-foreign-offer'

/**
 * Starts an issuer. `signer` signs metadata and credentials; `credentialKey` signs credentials with another key under the same
 * chain; `signMetadata` false serves them in clear alone; `dpopNonce` true wants a nonce in every DPoP proof for a token.
 */
export async function foreignIssuer({ tls, signer, credentialKey = signer.key, signMetadata = true, dpopNonce = false }) {
  const tokenKey = await newKey()
  const seen = { tokens: 0, wrongCodes: 0, credentials: 0, nonces: new Set(), dpopRefusals: 0 }
  const all = { ...callbacks({ clientAuthentication: clientAuthenticationAnonymous() }), fetch: (url) => jwks(url) }
  const [vci, oauth2, resource] = [
    new Openid4vciIssuer({ callbacks: all }),
    new Oauth2AuthorizationServer({ callbacks: all }),
    new Oauth2ResourceServer({ callbacks: all }),
  ]
  const accessTokenSigner = { method: 'jwk', alg: 'ES256', publicJwk: { ...tokenKey.publicJwk, kid: 'token' } }
  // The resource server asks for the keys of its authorization server, which is this process.
  const jwks = async () =>
    new Response(JSON.stringify({ keys: [{ ...tokenKey.publicJwk, kid: 'token', use: 'sig', alg: 'ES256' }] }), {
      headers: { 'content-type': 'application/jwk-set+json' },
    })

  let server
  const handle = (request) => routes[`${request.method} ${request.path}`]?.(request) ?? Promise.resolve({ status: 404 })
  server = await serve({ tls }, handle)
  const { base } = server

  const metadata = vci.createCredentialIssuerMetadata({
    credential_issuer: base,
    credential_endpoint: `${base}/credential`,
    nonce_endpoint: `${base}/nonce`,
    batch_credential_issuance: { batch_size: 2 },
    credential_configurations_supported: {
      [CONFIGURATION]: {
        format: 'dc+sd-jwt',
        vct: FOREIGN_VCT,
        scope: CONFIGURATION,
        cryptographic_binding_methods_supported: ['jwk'],
        credential_signing_alg_values_supported: ['ES256'],
        proof_types_supported: { jwt: { proof_signing_alg_values_supported: ['ES256'] } },
        credential_metadata: {
          display: [{ name: 'Membership', locale: 'en' }],
          claims: [{ path: ['member_number'], mandatory: true }, { path: ['family_name'] }],
        },
      },
    },
  })
  const authorizationServer = oauth2.createAuthorizationServerMetadata({
    issuer: base,
    token_endpoint: `${base}/token`,
    jwks_uri: `${base}/jwks`,
    grant_types_supported: [preAuthorizedCodeGrantIdentifier],
    dpop_signing_alg_values_supported: ['ES256'],
    'pre-authorized_grant_anonymous_access_supported': true,
  })
  const issuerMetadata = {
    credentialIssuer: metadata,
    authorizationServers: [authorizationServer],
    originalDraftVersion: Openid4vciVersion.V1,
    knownCredentialConfigurations: vci.getKnownCredentialConfigurationsSupported(metadata),
  }

  async function token(request) {
    const form = Object.fromEntries(new URLSearchParams(request.body))
    const parsed = oauth2.parseAccessTokenRequest({ request, accessTokenRequest: form })
    const dpopClaims = parsed.dpop && decode(parsed.dpop.jwt).payload
    if (dpopNonce && dpopClaims?.nonce !== 'dpop-nonce-1') {
      seen.dpopRefusals += 1
      return { status: 400, headers: { 'dpop-nonce': 'dpop-nonce-1' }, body: { error: 'use_dpop_nonce' } }
    }
    const { dpop } = await oauth2.verifyPreAuthorizedCodeAccessTokenRequest({
      request,
      authorizationServerMetadata: authorizationServer,
      grant: parsed.grant,
      accessTokenRequest: parsed.accessTokenRequest,
      expectedPreAuthorizedCode: CODE,
      expectedTxCode: TX_CODE,
      dpop: { required: true, jwt: parsed.dpop?.jwt, allowedSigningAlgs: ['ES256'] },
    })
    seen.tokens += 1
    const body = await oauth2.createAccessTokenResponse({
      authorizationServer: base,
      audience: base,
      subject: CODE,
      expiresInSeconds: 300,
      signer: accessTokenSigner,
      dpop,
    })
    return { body }
  }

  async function credential(request) {
    const { tokenPayload } = await resource.verifyResourceRequest({
      request,
      resourceServer: base,
      authorizationServers: [authorizationServer],
      allowedAuthenticationSchemes: ['DPoP'],
    })
    if (tokenPayload.sub !== CODE) throw new Error('a token of somebody else')
    const parsed = vci.parseCredentialRequest({ issuerMetadata, credentialRequest: JSON.parse(request.body) })
    const proofs = parsed.proofs?.jwt ?? []
    if (parsed.credentialConfigurationId !== CONFIGURATION || proofs.length === 0) throw new Error('another request')
    const credentials = []
    for (const jwt of proofs) {
      const { nonce } = decode(jwt).payload
      if (!seen.nonces.has(nonce)) return { status: 400, body: { error: 'invalid_nonce' } }
      const { header } = await vci.verifyCredentialRequestJwtProof({ issuerMetadata, jwt, expectedNonce: nonce })
      credentials.push({ credential: await make(header.jwk) })
    }
    seen.nonces.delete(decode(proofs[0]).payload.nonce)
    seen.credentials += credentials.length
    return { body: vci.createCredentialResponse({ credentialRequest: parsed, credentials }) }
  }

  const make = (jwk) => {
    const now = Math.floor(Date.now() / 1000)
    // A certificate names hosts; without TLS there is none to name.
    const open = { vct: FOREIGN_VCT, iat: now, exp: now + 3600, cnf: { jwk }, ...(tls ? { iss: base } : {}) }
    return issue({ member_number: 'M-42', family_name: 'Dupont', level: 'gold' }, open, credentialKey, signer.x5c)
  }

  const routes = {
    'GET /.well-known/openid-credential-issuer': async ({ headers }) => {
      if (!signMetadata || !headers.get('accept')?.includes('application/jwt')) return { body: metadata }
      const body = await vci.createSignedCredentialIssuerMetadataJwt({
        credentialIssuerMetadata: metadata,
        signer: { method: 'x5c', alg: 'ES256', x5c: signer.x5c, key: signer.key },
      })
      return { type: 'application/jwt', body }
    },
    'GET /.well-known/oauth-authorization-server': async () => ({ body: authorizationServer }),
    'POST /token': (request) => answered(() => token(request), seen),
    'POST /nonce': async () => {
      const c_nonce = randomBytes(16).toString('base64url')
      seen.nonces.add(c_nonce)
      return { body: vci.createNonceResponse({ cNonce: c_nonce }) }
    },
    'POST /credential': (request) => answered(() => credential(request), seen),
  }

  const offer = async () => {
    const { credentialOffer } = await vci.createCredentialOffer({
      issuerMetadata,
      credentialConfigurationIds: [CONFIGURATION],
      grants: {
        [preAuthorizedCodeGrantIdentifier]: { 'pre-authorized_code': CODE, tx_code: { length: 6, input_mode: 'numeric' } },
      },
    })
    return credentialOffer
  }
  return { ...server, seen, offer: await offer() }
}

/** Turns the library's errors into the answers that it wrote for them. */
async function answered(body, seen) {
  try {
    return await body()
  } catch (error) {
    if (!error.errorResponse) throw error
    if (error.errorResponse.error === Oauth2ErrorCodes.InvalidGrant) seen.wrongCodes += 1
    return { status: 400, body: error.errorResponse }
  }
}
