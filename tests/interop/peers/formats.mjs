// RFC 9901: each library verifies what the others made, and refuses one mutant of each.
import assert from 'node:assert/strict'
import { check, refuses } from './report.mjs'
import { fileOf } from './places.mjs'
import { decode, keyOfPem, leafKey, newKey } from './keys.mjs'
import { verify } from './ours.mjs'
import { FRAME, sdJwtWithForgedDisclosure } from './presentation.mjs'
import { python } from './python.mjs'
import * as sdJwt from './sd-jwt.mjs'
import { VCT } from './wallet.mjs'

const AT = { audience: 'https://verifier.example', nonce: 'n-0S6_WzA2Mj' }

/** Runs everything with one credential of ours and with one of each foreign issuer. */
export async function formats({ text, key }) {
  await ourCredential(text, key)
  await theirCredentials()
}

async function ourCredential(text, key) {
  const presentation = await sdJwt.present(text, key, FRAME, AT)
  const jwk = leafKey(decode(text).header.x5c, fileOf('cnss-authority.pem'))
  await check('ours, verified by @sd-jwt/sd-jwt-vc', async () => {
    const { payload, kb } = await sdJwt.verifierOf(text).verify(presentation, { keyBindingNonce: AT.nonce })
    exactly(payload)
    assert.equal(kb.payload.aud, AT.audience)
  })
  await check('ours, verified by @sd-jwt/core', async () => {
    const { payload } = await sdJwt.plainVerifierOf(text).verify(presentation, { keyBindingNonce: AT.nonce })
    exactly(payload)
  })
  await check('ours, verified by Python', () => exactly(python('verify', { sd_jwt: presentation, ...AT })))
  await check('ours, bound by @sd-jwt, verified by ours', () => accepted(verify(presentation, jwk, AT)))

  const forged = swapSignature(presentation)
  await refuses(
    'mutant: ours with a changed signature, at @sd-jwt/sd-jwt-vc',
    () => sdJwt.verifierOf(text).verify(forged, { keyBindingNonce: AT.nonce }),
    ({ message }) => /signature/i.test(message),
  )
  await refuses(
    'mutant: ours with a changed signature, at @sd-jwt/core',
    () => sdJwt.plainVerifierOf(text).verify(forged, { keyBindingNonce: AT.nonce }),
    ({ message }) => /signature/i.test(message),
  )
  await refuses(
    'mutant: ours with a changed signature, at Python',
    () => python('verify', { sd_jwt: forged, ...AT }),
    ({ refused, message }) => refused && /^InvalidJWSSignature/.test(message),
  )
  await refuses(
    'mutant: ours for another nonce, at Python',
    () => python('verify', { sd_jwt: presentation, ...AT, nonce: 'another' }),
    ({ refused, message }) => refused && /nonce/.test(message),
  )
}

async function theirCredentials() {
  const issuerPem = fileOf('cnss-signer.key')
  const issuer = await keyOfPem(issuerPem)
  const stranger = await newKey()
  const holder = await newKey()
  const x5c = sdJwt.issuerChain()
  const open = { vct: VCT, exp: Math.floor(Date.now() / 1000) + 3600 }
  const claims = { cnss_number: '100200300', rights_open: true, family_name: 'EL FASSI' }
  const made = {
    '@sd-jwt': await sdJwt.issue(claims, { ...open, cnf: { jwk: holder.publicJwk } }, issuer, x5c),
    Python: python('issue', { decoys: true, open, claims, issuer_key: issuerPem, x5c, holder_key: holder.privateJwk }).sd_jwt,
  }
  for (const [name, credential] of Object.entries(made)) {
    const presentation = await sdJwt.present(credential, holder, FRAME, AT)
    await check(`${name}, verified by ours`, () => accepted(verify(presentation, issuer.publicJwk, AT)))
    const mutants = {
      'another nonce': [presentation, issuer.publicJwk, { ...AT, nonce: 'another' }, 'kb_nonce'],
      'another audience': [presentation, issuer.publicJwk, { ...AT, audience: 'https://another.example' }, 'kb_aud'],
      'another issuer key': [presentation, stranger.publicJwk, AT, 'sig'],
      'a forged disclosure': [
        await sdJwtWithForgedDisclosure(credential, holder, AT),
        issuer.publicJwk,
        AT,
        'sd_unreferenced',
      ],
    }
    for (const [mutation, [text, jwk, at, reason]] of Object.entries(mutants)) {
      await check(`mutant: ${name} with ${mutation}, at ours`, () => rejected(verify(text, jwk, at), reason))
    }
  }
}

/** What was to be disclosed, and nothing else that is selectively disclosable. */
function exactly(payload) {
  assert.equal(payload.cnss_number, '100200300')
  assert.equal(payload.rights_open, true)
  assert.equal(payload.vct, VCT)
  for (const hidden of ['family_name', 'given_name', '_sd', '_sd_alg']) assert.ok(!(hidden in payload), hidden)
  // An object whose members are disclosable one by one stays, empty.
  assert.deepEqual(payload.employer ?? {}, {})
}

const accepted = (line) => assert.equal(line.verdict, 'accept', JSON.stringify(line))

function rejected(line, reason) {
  assert.equal(line.verdict, 'reject', JSON.stringify(line))
  assert.equal(line.reason, reason, JSON.stringify(line))
}

/** Another signature of the right form: the first half and the second change places. */
function swapSignature(presentation) {
  return presentation.replace(/^([^.]+\.[^.]+)\.([^~]+)/, (_, signed, signature) => {
    const bytes = Buffer.from(signature, 'base64url')
    return `${signed}.${Buffer.concat([bytes.subarray(32), bytes.subarray(0, 32)]).toString('base64url')}`
  })
}
