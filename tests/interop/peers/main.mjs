// Every check, in the order of a citizen's day: obtain, present, and in the end the issuer takes it back.
import { check, conclude } from './report.mjs'
import { abroad } from './foreigners.mjs'
import { formats } from './formats.mjs'
import { obtain, refusals } from './issuance.mjs'
import { present } from './presentation.mjs'
import { revocation } from './revocation.mjs'

try {
  const [withDpop] = await obtain({ label: 'wallet with DPoP', named: true, dpop: true })
  const [, withoutDpop] = await obtain({ label: 'wallet without DPoP', named: false, dpop: false })
  await refusals()
  // Who obtained nothing has failed above; the rest needs what was obtained.
  if (withDpop) await present(withDpop)
  if (withDpop) await formats(withDpop)
  if (withoutDpop) await revocation(withoutDpop)
  await abroad()
} catch (error) {
  await check('everything could be asked', () => Promise.reject(error))
}
process.exitCode = conclude() ? 0 : 1
