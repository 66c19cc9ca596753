// The wallet of the OpenWallet Foundation's OpenID4VC libraries: from an offer to credentials, from a request to an answer.
import { clientAuthenticationAnonymous, clientAuthenticationNone } from '@openid4vc/oauth2'
import { Openid4vciClient } from '@openid4vc/openid4vci'
import { Openid4vpClient } from '@openid4vc/openid4vp'
import { callbacks, newKey } from './keys.mjs'
import { fileOf, manage, places } from './places.mjs'

export const CONFIGURATION = 'cnss-rights'
export const VCT = 'urn:mahfada:cnss-rights:1'
export const SUBJECT = 'M-0001'

const issuerAnchor = fileOf('cnss-authority.pem')
const accessAnchor = fileOf('access-authority.pem')

/** A wallet that names itself and asks for signed metadata, or an anonymous one that takes them as they come. */
export function issuanceClient({ named }) {
  const all = callbacks({
    anchors: [issuerAnchor],
    clientAuthentication: named ? clientAuthenticationNone({ clientId: 'foreign-wallet' }) : clientAuthenticationAnonymous(),
  })
  if (!named) delete all.verifyJwt
  return new Openid4vciClient({ callbacks: { ...all, fetch: named ? fetchSigned : fetch } })
}

// The library verifies signed metadata but never asks for them: whoever embeds it does (OpenID4VCI 1.0 §12.2.2).
function fetchSigned(url, options = {}) {
  if (!String(url).includes('/.well-known/openid-credential-issuer')) return fetch(url, options)
  return fetch(url, { ...options, headers: { ...options.headers, accept: 'application/jwt' } })
}

export const presentationClient = () =>
  new Openid4vpClient({
    callbacks: callbacks({ anchors: [accessAnchor], clientAuthentication: clientAuthenticationAnonymous() }),
  })

export const offer = () =>
  manage(places.issuer_cnss, 'POST', '/v1/offers', {
    credential_configuration_id: CONFIGURATION,
    subject: SUBJECT,
    tx_code: true,
  })

/** An offer with its metadata, and how this wallet will speak to the token and credential endpoints. */
export async function begin({ named, dpop }) {
  const client = issuanceClient({ named })
  const made = await offer()
  const credentialOffer = await client.resolveCredentialOffer(made.offer_uri)
  const issuerMetadata = await client.resolveIssuerMetadata(credentialOffer.credential_issuer)
  const binding = dpop ? { signer: (await newKey()).signer } : undefined
  return { client, txCode: made.tx_code, credentialOffer, issuerMetadata, dpop: binding }
}

export const token = ({ client, credentialOffer, issuerMetadata, dpop }, txCode) =>
  client.retrievePreAuthorizedCodeAccessTokenFromOffer({ credentialOffer, issuerMetadata, txCode, dpop })

/** One proof of possession per key, all over one nonce. */
export async function proofs({ client, issuerMetadata }, keys, nonce) {
  const made = keys.map(({ signer }) =>
    client.createCredentialRequestJwtProof({
      issuerMetadata,
      signer,
      nonce,
      issuedAt: new Date(),
      credentialConfigurationId: CONFIGURATION,
    }),
  )
  return { jwt: (await Promise.all(made)).map(({ jwt }) => jwt) }
}

export const credentials = ({ client, issuerMetadata, dpop }, accessToken, proofs) =>
  client.retrieveCredentials({ issuerMetadata, accessToken, proofs, dpop, credentialConfigurationId: CONFIGURATION })

/** The question of the hospital: two claims of the social security credential. */
export const ask = () =>
  manage(places.verifier_hospital, 'POST', '/v1/presentations', {
    flow: 'cross_device',
    query: {
      credentials: [
        {
          id: 'rights',
          format: 'dc+sd-jwt',
          meta: { vct_values: [VCT] },
          claims: [{ path: ['cnss_number'] }, { path: ['rights_open'] }],
        },
      ],
    },
  })

export const verdict = ({ presentation_id: id }) =>
  manage(places.verifier_hospital, 'GET', `/v1/presentations/${id}`)

/** Reads the link that opens a wallet and verifies the signed request behind it. */
export async function receive(deepLink, wallet) {
  const client = presentationClient()
  const { params } = client.parseOpenid4vpAuthorizationRequest({ authorizationRequest: deepLink })
  return client.resolveOpenId4vpAuthorizationRequest({ authorizationRequestPayload: params, wallet })
}

/** Answers with one presentation. */
export const answer = (request, presentation, enc) => respond(request, { vp_token: { rights: [presentation] } }, enc)

/** Answers with these parameters, encrypted. */
export async function respond({ authorizationRequestPayload }, parameters, enc = 'A256GCM') {
  const client = presentationClient()
  const { jarm } = await client.createOpenid4vpAuthorizationResponse({
    authorizationRequestPayload,
    authorizationResponsePayload: parameters,
    jarm: {
      encryption: { nonce: 'foreign-wallet-nonce' },
      serverMetadata: {
        authorization_encryption_alg_values_supported: ['ECDH-ES'],
        authorization_encryption_enc_values_supported: [enc],
      },
    },
  })
  const { response } = await client.submitOpenid4vpAuthorizationResponse({
    authorizationRequestPayload,
    authorizationResponsePayload: {},
    jarm,
  })
  return response
}
