// `mahfada wallet`: our wallet on the command line, beside servers of this very process.
import { spawn } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'

const [program, ...leading] = process.env.MAHFADA.split(' ')

/** A wallet in a folder of its own that believes `trust` (a PEM file); made without a registry. */
export function newWallet({ trust, tlsCa, loopback = false }) {
  const folder = mkdtempSync(join(process.env.INTEROP_RUN, 'wallet-'))
  const options = ['--store', join(folder, 'store'), '--trust', trust, ...(tlsCa ? ['--tls-ca', tlsCa] : [])]
  if (loopback) options.push('--insecure-loopback')
  const run = (...command) => mahfada('wallet', ...options, '--yes', ...command)
  return {
    accept: (offer, txCode) => run('accept', offer, ...(txCode ? ['--tx-code', txCode] : [])),
    present: (request) => run('present', request),
    list: () => run('list'),
    history: () => run('history'),
  }
}

/** Runs our program without blocking the servers that it speaks to. */
export function mahfada(...options) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...leading, ...options], { stdio: ['ignore', 'pipe', 'pipe'] })
    const said = { stdout: '', stderr: '' }
    for (const stream of ['stdout', 'stderr']) child[stream].setEncoding('utf8').on('data', (text) => (said[stream] += text))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, ...said }))
  })
}
