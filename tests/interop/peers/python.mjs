// The reference implementation in Python (PyPI `sd-jwt`), one question per process.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('./sd_jwt_peer.py', import.meta.url))

/** Asks the Python peer; throws what it says when it refuses. */
export function python(command, question) {
  const run = spawnSync(process.env.INTEROP_PYTHON, [script, command], {
    input: JSON.stringify(question),
    encoding: 'utf8',
  })
  if (run.status === 0) return JSON.parse(run.stdout)
  const error = new Error(run.stdout.trim() || run.stderr.trim())
  error.refused = run.status === 3
  throw error
}
