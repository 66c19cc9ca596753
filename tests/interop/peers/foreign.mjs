// The keys and certificates of the foreign country, made by `foreign_country.py` for this run.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { keyOfPem } from './keys.mjs'

const folder = join(process.env.INTEROP_RUN, 'foreign')

export const foreignPath = (name) => join(folder, name)
export const foreignFile = (name) => readFileSync(foreignPath(name), 'utf8')

/** Somebody with a key and the chain of its certificate, as a header carries it. */
export async function party(name) {
  const text = foreignFile(`${name}.pem`).replace(/-----[^-]+-----|\s/g, '')
  return { key: await keyOfPem(foreignFile(`${name}.key`)), x5c: [text] }
}
