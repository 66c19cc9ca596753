// OpenID4VCI 1.0: a foreign wallet at our issuer, with DPoP and without, and the refusals that it must understand.
import assert from 'node:assert/strict'
import { Openid4vciVersion } from '@openid4vc/openid4vci'
import { newKey } from './keys.mjs'
import { check, refuses } from './report.mjs'
import { plainVerifierOf, verifierOf } from './sd-jwt.mjs'
import * as wallet from './wallet.mjs'

/** Runs the whole of it once; gives back the two credentials with their keys, or none. */
export async function obtain({ label, named, dpop }) {
  const session = await check(`${label}: the offer and the metadata are read`, async () => {
    const session = await wallet.begin({ named, dpop })
    const { credentialOffer, issuerMetadata } = session
    assert.deepEqual(credentialOffer.credential_configuration_ids, [wallet.CONFIGURATION])
    assert.equal(issuerMetadata.originalDraftVersion, Openid4vciVersion.V1)
    assert.equal(issuerMetadata.knownCredentialConfigurations[wallet.CONFIGURATION].vct, wallet.VCT)
    return session
  })
  if (!session) return []
  await check(`${label}: the metadata are ${named ? 'signed by the issuer' : 'plain JSON'}`, () => {
    const { signedCredentialIssuer } = session.issuerMetadata
    assert.equal(signedCredentialIssuer?.jwt.header.typ, named ? 'openidvci-issuer-metadata+jwt' : undefined)
  })
  const { accessTokenResponse } =
    (await check(`${label}: the code is redeemed for a ${dpop ? 'DPoP' : 'Bearer'} token`, async () => {
      const redeemed = await wallet.token(session, session.txCode)
      assert.equal(redeemed.accessTokenResponse.token_type, dpop ? 'DPoP' : 'Bearer')
      return redeemed
    })) ?? {}
  if (!accessTokenResponse) return []
  const nonce = await check(`${label}: a nonce is fetched`, async () => {
    const { c_nonce } = await session.client.requestNonce(session)
    return c_nonce
  })
  const keys = [await newKey(), await newKey()]
  const proofs = await wallet.proofs(session, keys, nonce)
  const texts = await check(`${label}: two keys are answered with two credentials`, async () => {
    const { credentialResponse } = await wallet.credentials(session, accessTokenResponse.access_token, proofs)
    assert.equal(credentialResponse.credentials.length, 2)
    return credentialResponse.credentials.map(({ credential }) => credential)
  })
  if (!texts) return []
  const held = await check(`${label}: both verify, with their status, each bound to one of the keys`, async () => {
    const held = []
    for (const text of texts) {
      const { payload } = await verifierOf(text).verify(text)
      await plainVerifierOf(text).verify(text)
      assert.equal(payload.vct, wallet.VCT)
      assert.equal(payload.cnss_number, '100200300')
      assert.equal(payload.rights_open, true)
      assert.equal(payload.employer.name, 'SOCIETE EXEMPLE SARL')
      const key = keys.find(({ publicJwk }) => publicJwk.x === payload.cnf.jwk.x)
      held.push({ text, key, payload })
    }
    assert.deepEqual(new Set(held.map(({ key }) => key)), new Set(keys))
    return held
  })
  return held ?? []
}

/** What must be refused, in words that the foreign wallet reads. */
export async function refusals() {
  await check('offer by reference: it is fetched and says the same', async () => {
    const made = await wallet.offer()
    const client = wallet.issuanceClient({ named: true })
    const byReference = await client.resolveCredentialOffer(made.offer_uri_by_reference)
    assert.deepEqual(byReference, await client.resolveCredentialOffer(made.offer_uri))
  })
  const wrong = await wallet.begin({ named: true, dpop: true })
  const other = String((Number(wrong.txCode) + 1) % 1_000_000).padStart(6, '0')
  await refuses(
    'token: a wrong transaction code is refused as invalid_grant',
    () => wallet.token(wrong, other),
    (error) => error.errorResponse?.error === 'invalid_grant',
  )
  const session = await wallet.begin({ named: true, dpop: true })
  const { accessTokenResponse } = await wallet.token(session, session.txCode)
  await refuses(
    'token: a code is good for one token',
    () => wallet.token(session, session.txCode),
    (error) => error.errorResponse?.error === 'invalid_grant',
  )
  const { c_nonce: nonce } = await session.client.requestNonce(session)
  const accessToken = accessTokenResponse.access_token
  const proofs = await wallet.proofs(session, [await newKey()], nonce)
  await refuses(
    'credential: a DPoP token is worth nothing as a Bearer token',
    () => wallet.credentials({ ...session, dpop: undefined }, accessToken, proofs),
    ({ response }) => challenged(response, 'Bearer', 'invalid_token'),
  )
  await refuses(
    'credential: a DPoP token is worth nothing with another key',
    async () => wallet.credentials({ ...session, dpop: { signer: (await newKey()).signer } }, accessToken, proofs),
    ({ response }) => challenged(response, 'DPoP', 'invalid_token', 'invalid_dpop_proof'),
  )
  await refuses(
    'credential: a made-up nonce is refused as invalid_nonce',
    async () => wallet.credentials(session, accessToken, await wallet.proofs(session, [await newKey()], 'made-up')),
    says('invalid_nonce'),
  )
  await check('credential: what was refused spent nothing', () => wallet.credentials(session, accessToken, proofs))
  await refuses(
    'credential: a nonce is good for one request',
    () => wallet.credentials(session, accessToken, proofs),
    says('invalid_nonce'),
  )
}

const says =
  (code) =>
  ({ response }) =>
    response?.response.status === 400 && response.credentialErrorResponseResult?.data?.error === code

// RFC 9449 §7.2: 401, and the challenge of the scheme that was sent names the error. Read from the header itself: the library
// takes a challenge without parameters (`Bearer, DPoP …`, RFC 9110 §11.6.1) for the beginning of the next one.
function challenged(response, scheme, ...codes) {
  const header = response?.response.headers.get('www-authenticate') ?? ''
  return response?.response.status === 401 && codes.some((code) => header.includes(`${scheme} error="${code}"`))
}
