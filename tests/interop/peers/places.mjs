// Where the demonstration runs, and its management ports.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export const places = JSON.parse(readFileSync(process.env.INTEROP_PLACES, 'utf8'))

/** A file of the demonstration's folder. */
export const fileOf = (name) => readFileSync(join(places.folder, name), 'utf8')

/** Calls a management port and gives back the JSON of its answer. */
export async function manage(place, method, path, body) {
  const response = await fetch(place.management + path, {
    method,
    headers: { authorization: `Bearer ${place.api_key}`, 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
  return JSON.parse(text)
}
