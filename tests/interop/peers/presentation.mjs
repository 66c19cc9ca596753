// OpenID4VP 1.0: a foreign wallet, and credentials of foreign issuers, at our verifier; and what it must not accept.
import assert from 'node:assert/strict'
import { check } from './report.mjs'
import { fileOf } from './places.mjs'
import { keyOfPem, newKey } from './keys.mjs'
import { python } from './python.mjs'
import * as sdJwt from './sd-jwt.mjs'
import * as wallet from './wallet.mjs'

export const FRAME = { cnss_number: true, rights_open: true }
const CLAIMS = { cnss_number: '100200300', rights_open: true }

/** Presents what `make` makes of the request; gives back the agency's view. */
async function presented(make, enc) {
  const asked = await wallet.ask()
  const request = await wallet.receive(asked.deep_link)
  const { client_id: audience, nonce } = request.authorizationRequestPayload
  const response = await wallet.answer(request, await make({ audience, nonce }), enc)
  assert.equal(response.status, 200)
  assert.match(response.headers.get('content-type'), /^application\/json/)
  assert.equal(typeof (await response.json()), 'object')
  return wallet.verdict(asked)
}

const accepts = (name, make, enc) =>
  check(name, async () => {
    const { accepted, reason, claims } = await presented(make, enc)
    assert.equal(accepted, true, `refused: ${reason}`)
    const [disclosed] = claims.rights
    for (const [claim, value] of Object.entries(CLAIMS)) {
      assert.deepEqual(disclosed[claim], value)
    }
    assert.ok(!JSON.stringify(claims).includes('FASSI'))
  })

const refusesWith = (code, name, make) =>
  check(name, async () => {
    const { accepted, reason, claims } = await presented(make)
    assert.equal(accepted, false)
    assert.equal(reason, code)
    assert.equal(claims, undefined)
  })

/** Runs everything with one credential of ours. */
export async function present({ text, key, payload }) {
  await check('request: the link is read, the request is signed by the agency that it names', async () => {
    const { deep_link } = await wallet.ask()
    const { client, jar, dcql, authorizationRequestPayload } = await wallet.receive(deep_link)
    assert.equal(client.prefix, 'x509_hash')
    assert.equal(jar.signer.method, 'x5c')
    assert.equal(jar.jwt.header.typ, 'oauth-authz-req+jwt')
    assert.equal(authorizationRequestPayload.response_mode, 'direct_post.jwt')
    assert.deepEqual(dcql.query.credentials[0].meta.vct_values, [wallet.VCT])
  })
  await check('request: it is fetched with GET by a wallet that knows no request_uri_method', async () => {
    const { deep_link } = await wallet.ask()
    const { jar } = await wallet.receive(deep_link.replace(/&request_uri_method=post/, ''))
    assert.equal(jar.sendBy, 'reference')
  })
  await check('request: what the wallet says of itself does no harm', async () => {
    const { deep_link } = await wallet.ask()
    const metadata = {
      vp_formats_supported: { 'dc+sd-jwt': { 'sd-jwt_alg_values': ['ES256'], 'kb-jwt_alg_values': ['ES256'] } },
      client_id_prefixes_supported: ['x509_hash'],
      authorization_encryption_alg_values_supported: ['ECDH-ES'],
      authorization_encryption_enc_values_supported: ['A128GCM'],
    }
    await wallet.receive(deep_link, { metadata })
  })
  await check('answer: a refusal of the citizen in an encrypted answer', async () => {
    const asked = await wallet.ask()
    const response = await wallet.respond(await wallet.receive(asked.deep_link), { error: 'access_denied' })
    assert.equal(response.status, 200)
    await declined(asked)
  })
  await check('answer: a refusal of the citizen in a plain form', async () => {
    const asked = await wallet.ask()
    const { authorizationRequestPayload } = await wallet.receive(asked.deep_link)
    const { response_uri, state } = authorizationRequestPayload
    const body = new URLSearchParams({ error: 'access_denied', state })
    assert.equal((await fetch(response_uri, { method: 'POST', body })).status, 200)
    await declined(asked)
  })

  const bound = (at) => sdJwt.present(text, key, FRAME, at)
  await accepts('presentation: @sd-jwt holds our credential, our verifier accepts', bound)
  await accepts('presentation: the same, encrypted with A128GCM', bound, 'A128GCM')
  await accepts('presentation: Python holds our credential, our verifier accepts', (at) => pythonPresents(text, key, at))

  await refusesWith('kb_nonce', 'mutant: a key binding over another nonce', (at) => bound({ ...at, nonce: 'another' }))
  await refusesWith('kb_nonce', 'mutant: a key binding by Python over another nonce', (at) =>
    pythonPresents(text, key, { ...at, nonce: 'another' }),
  )
  await refusesWith('kb_aud', 'mutant: a key binding for another verifier', (at) =>
    bound({ ...at, audience: 'x509_hash:another' }),
  )
  await refusesWith('kb_sig', 'mutant: a key binding by another key', async (at) =>
    sdJwt.present(text, await newKey(), FRAME, at),
  )
  await refusesWith('kb_missing', 'mutant: no key binding', async (at) =>
    (await bound(at)).replace(/[^~]*$/, ''),
  )
  await refusesWith('sd_hash', 'mutant: a disclosure is left out after the binding', async (at) =>
    withoutOneDisclosure(await bound(at)),
  )
  await refusesWith('dcql_unsatisfied', 'mutant: more is disclosed than was asked for', (at) =>
    sdJwt.present(text, key, { ...FRAME, family_name: true }, at),
  )
  await check('mutant: an answer that is not encrypted is refused and spends nothing', async () => {
    const asked = await wallet.ask()
    const request = await wallet.receive(asked.deep_link)
    const { client_id: audience, nonce, response_uri, state } = request.authorizationRequestPayload
    const presentation = await bound({ audience, nonce })
    const body = new URLSearchParams({ vp_token: JSON.stringify({ rights: [presentation] }), state })
    const response = await fetch(response_uri, { method: 'POST', body })
    assert.equal(response.status, 400)
    assert.equal((await wallet.verdict(asked)).state, 'open')
    assert.equal((await wallet.answer(request, presentation)).status, 200)
    assert.equal((await wallet.verdict(asked)).accepted, true)
  })
  await check('mutant: the same answer a second time is refused', async () => {
    const asked = await wallet.ask()
    const request = await wallet.receive(asked.deep_link)
    const { client_id: audience, nonce } = request.authorizationRequestPayload
    const presentation = await bound({ audience, nonce })
    assert.equal((await wallet.answer(request, presentation)).status, 200)
    const again = await wallet.answer(request, presentation).catch(({ response }) => response)
    assert.equal(again.status, 400)
    assert.equal((await again.json()).error, 'invalid_request')
  })
  await foreignIssuers(payload)
}

/** Foreign libraries issue with the keys of the social security issuer, and with keys that nobody trusts. */
async function foreignIssuers({ status, exp }) {
  const issuerPem = fileOf('cnss-signer.key')
  const issuerKey = await keyOfPem(issuerPem)
  const x5c = sdJwt.issuerChain()
  const holder = await newKey()
  const open = { vct: wallet.VCT, exp, status }
  const claims = { ...CLAIMS, family_name: 'EL FASSI', employer: { name: 'SOCIETE EXEMPLE SARL' } }
  const bound = { ...open, cnf: { jwk: holder.publicJwk } }

  const theirs = (key = issuerKey) => sdJwt.issue(claims, bound, key, x5c)
  const pythons = (issuer_key = issuerPem) =>
    python('issue', { open, claims, issuer_key, x5c, holder_key: holder.privateJwk }).sd_jwt

  await accepts('foreign issuer: a credential by @sd-jwt, our verifier accepts', async (at) =>
    sdJwt.present(await theirs(), holder, FRAME, at),
  )
  await accepts('foreign issuer: a credential by Python, our verifier accepts', (at) =>
    pythonPresents(pythons(), holder, at),
  )
  await refusesWith('sd_unreferenced', 'mutant: a disclosure changed in a credential by @sd-jwt', async (at) =>
    sdJwtWithForgedDisclosure(await theirs(), holder, at),
  )
  await refusesWith('issuer_sig', 'mutant: a credential by @sd-jwt signed by another key than the leaf’s', async (at) =>
    sdJwt.present(await theirs(await newKey()), holder, FRAME, at),
  )
  await refusesWith('issuer_sig', 'mutant: a credential by Python signed by another key than the leaf’s', (at) =>
    pythonPresents(pythons(fileOf('dgsn-signer.key')), holder, at),
  )
}

async function declined(asked) {
  const { accepted, state, reason } = await wallet.verdict(asked)
  assert.deepEqual({ accepted, state, reason }, { accepted: false, state: 'refused', reason: 'access_denied' })
}

const pythonPresents = (sd_jwt, key, { audience, nonce }) =>
  python('present', { sd_jwt, disclose: FRAME, audience, nonce, holder_key: key.privateJwk }).sd_jwt

function withoutOneDisclosure(presentation) {
  const parts = presentation.split('~')
  parts.splice(1, 1)
  return parts.join('~')
}

/** The holder claims another number: a disclosure that the issuer's signature does not cover, under a binding that fits. */
export async function sdJwtWithForgedDisclosure(credential, key, at) {
  const honest = await sdJwt.present(credential, key, FRAME, at)
  const parts = honest.split('~').slice(0, -1)
  const position = parts.findIndex((part, index) => index > 0 && disclosed(part)[1] === 'cnss_number')
  const [salt, name] = disclosed(parts[position])
  parts[position] = Buffer.from(JSON.stringify([salt, name, '999999999'])).toString('base64url')
  return sdJwt.rebind(`${parts.join('~')}~`, key, at)
}

const disclosed = (part) => JSON.parse(Buffer.from(part, 'base64url'))
