// `mahfada verify sd-jwt`: our verifier without a server.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const [program, ...leading] = process.env.MAHFADA.split(' ')
const folder = mkdtempSync(join(process.env.INTEROP_RUN, 'verify-'))
let count = 0

/** Gives back the JSON line of the verdict. */
export function verify(sdJwt, jwk, { nonce, audience }) {
  count += 1
  const text = join(folder, `${count}.sd-jwt`)
  const trust = join(folder, `${count}.jwk.json`)
  writeFileSync(text, sdJwt)
  writeFileSync(trust, JSON.stringify(jwk))
  const options = ['verify', 'sd-jwt', text, '--trust', trust, '--nonce', nonce, '--audience', audience]
  const run = spawnSync(program, [...leading, ...options], { encoding: 'utf8' })
  const line = run.stdout.trim().split('\n').at(-1)
  try {
    return JSON.parse(line)
  } catch {
    throw new Error(`no verdict: ${run.stderr.trim() || line || run.error?.message}`)
  }
}
