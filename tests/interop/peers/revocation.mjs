// Token Status List: when the issuer takes a credential back, the foreign verifier reads it in our status list.
import { check, refuses } from './report.mjs'
import { manage, places } from './places.mjs'
import { verifierOf } from './sd-jwt.mjs'

/** Revokes every issuance of the issuer, the one of this credential among them. */
export async function revocation({ text }) {
  await check('status: the credential is valid in the eyes of @sd-jwt', () => verifierOf(text).verify(text))
  const issuances = await manage(places.issuer_cnss, 'GET', '/v1/issuances?limit=100')
  for (const { issuance_id: id } of issuances.filter(({ state }) => state === 'valid')) {
    await manage(places.issuer_cnss, 'POST', `/v1/issuances/${id}/revoke`, { reason: 'holder_request' })
  }
  await refuses(
    'status: after the revocation @sd-jwt refuses it',
    () => verifierOf(text).verify(text),
    ({ message }) => /status/i.test(message),
  )
}
