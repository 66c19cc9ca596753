// Our wallet abroad: a foreign issuer and a foreign verifier that no registry of ours knows, believed by `--trust` alone.
import assert from 'node:assert/strict'
import { setGlobalConfig } from '@openid4vc/oauth2'
import { newWallet } from './cli-wallet.mjs'
import { foreignIssuer, FOREIGN_VCT, TX_CODE } from './foreign-issuer.mjs'
import { foreignVerifier } from './foreign-verifier.mjs'
import { foreignPath, party } from './foreign.mjs'
import { newKey } from './keys.mjs'
import { check } from './report.mjs'

const [BELIEVED, UNTRUSTED, REFUSED] = [0, 3, 4]

/** Runs everything with TLS under a foreign authority, then without TLS on 127.0.0.1. */
export async function abroad() {
  const people = { issuer: await party('issuer'), verifier: await party('verifier'), stranger: await party('stranger') }
  for (const tls of [true, false]) {
    // The libraries want https unless told otherwise, as our wallet does.
    setGlobalConfig({ allowInsecureUrls: !tls })
    const wallet = await obtains({ tls, ...people })
    if (!wallet) continue
    await presents({ tls, wallet, ...people })
    await refusesVerifiers({ tls, wallet, ...people, elsewhere: await party('elsewhere') })
  }
  await refusesIssuers(people)
}

const walletFor = (tls, trust = 'authority.pem') =>
  newWallet({ trust: foreignPath(trust), tlsCa: tls ? foreignPath('tls-authority.pem') : undefined, loopback: !tls })

const over = (tls) => (tls ? 'over TLS' : 'without TLS on 127.0.0.1')

async function obtains({ tls, issuer: signer }) {
  const wallet = walletFor(tls)
  return check(`our wallet, foreign issuer ${over(tls)}: transaction code, DPoP, nonce, two copies`, async () => {
    const issuer = await foreignIssuer({ tls, signer, dpopNonce: true })
    try {
      const wrong = await wallet.accept(issuer.offer, '000000')
      assert.deepEqual([wrong.code, issuer.seen.wrongCodes], [REFUSED, 1], wrong.stderr)
      assert.match(wrong.stderr, /issuer_refused/)
      const said = await wallet.accept(issuer.offer, TX_CODE)
      assert.equal(said.code, BELIEVED, said.stderr)
      assert.match(said.stdout, /NO REGISTRY vouches for this issuer/)
      assert.match(said.stdout, /Received from Foreign issuer/)
      assert.match(said.stdout, /member_number = "M-42"/)
      const { tokens, credentials, dpopRefusals } = issuer.seen
      assert.deepEqual({ tokens, credentials }, { tokens: 1, credentials: 2 })
      assert.ok(dpopRefusals >= 1, 'a nonce was wanted in the DPoP proof')
      const list = await wallet.list()
      assert.match(list.stdout, new RegExp(FOREIGN_VCT))
      assert.match(list.stdout, /NOT registered.*2 unspent/)
      return wallet
    } finally {
      await issuer.close()
    }
  })
}

async function presents({ tls, wallet, verifier: signer }) {
  for (const prefix of ['x509_hash', 'x509_san_dns']) {
    await check(`our wallet, foreign verifier ${over(tls)}, ${prefix}: it verifies what it asked for, bound to it`, async () => {
      const verifier = await foreignVerifier({ tls, signer, prefix })
      try {
        const said = await wallet.present(verifier.link)
        assert.equal(said.code, BELIEVED, said.stderr)
        assert.match(said.stdout, /NO REGISTRY vouches for this verifier/)
        const { member_number, level, family_name, vct } = verifier.seen.verdict ?? {}
        assert.deepEqual({ member_number, level, vct }, { member_number: 'M-42', level: 'gold', vct: FOREIGN_VCT })
        assert.equal(family_name, undefined)
      } finally {
        await verifier.close()
      }
    })
  }
  await check(`our wallet ${over(tls)}: both copies are spent, and a third answer looks like a refusal`, async () => {
    const verifier = await foreignVerifier({ tls, signer })
    try {
      const said = await wallet.present(verifier.link)
      assert.equal(said.code, 1, said.stderr)
      assert.equal(verifier.seen.refusal?.error, 'access_denied')
      const history = await wallet.history()
      assert.equal(history.stdout.match(/presented.*NOT registered/g)?.length, 2, history.stdout)
    } finally {
      await verifier.close()
    }
  })
}

async function refusesVerifiers({ tls, wallet, verifier: signer, stranger, elsewhere }) {
  const other = await newKey()
  const mutants = {
    'a request object signed by another key': [{ key: other }, 'request_signature'],
    'a request object under an authority that --trust does not name': [{ signer: stranger }, 'request_signature'],
    'a response_uri on another host': [
      { responseUri: () => (tls ? 'https://elsewhere.example/answer' : 'http://127.0.0.1:9/answer') },
      'response_uri_mismatch',
    ],
    'an x509_san_dns that the certificate does not name': [{ prefix: 'x509_san_dns', signer: elsewhere }, 'invalid_request'],
  }
  for (const [name, [change, code]] of Object.entries(mutants)) {
    await check(`mutant ${over(tls)}: ${name} is refused by our wallet`, async () => {
      const verifier = await foreignVerifier({ tls, signer, ...change })
      try {
        const said = await wallet.present(verifier.link)
        assert.equal(said.code, UNTRUSTED, said.stdout + said.stderr)
        assert.match(said.stderr, new RegExp(code))
        assert.deepEqual([verifier.seen.requests, verifier.seen.answers], [1, 0])
      } finally {
        await verifier.close()
      }
    })
  }
}

async function refusesIssuers({ issuer: signer, stranger }) {
  const other = await newKey()
  const mutants = {
    'an issuer under an authority that --trust does not name': [{ signer: stranger }, 'issuer_untrusted', 0],
    'a credential signed by another key than the leaf’s': [{ credentialKey: other }, '\\(sig\\)', 2],
    'a credential by a stranger behind metadata in clear': [{ signer: stranger, signMetadata: false }, 'issuer_untrusted', 2],
  }
  for (const [name, [change, code, credentials]] of Object.entries(mutants)) {
    await check(`mutant: ${name} is refused by our wallet`, async () => {
      const issuer = await foreignIssuer({ tls: true, signer, ...change })
      const wallet = walletFor(true)
      try {
        const said = await wallet.accept(issuer.offer, TX_CODE)
        assert.equal(said.code, UNTRUSTED, said.stdout + said.stderr)
        assert.match(said.stderr, new RegExp(code))
        assert.equal(issuer.seen.credentials, credentials)
        assert.match((await wallet.list()).stdout, /No credentials/)
      } finally {
        await issuer.close()
      }
    })
  }
  await check('our wallet, foreign issuer with metadata in clear: its address is shown, and its certificate must name it', async () => {
    const issuer = await foreignIssuer({ tls: true, signer, signMetadata: false })
    try {
      const said = await walletFor(true).accept(issuer.offer, TX_CODE)
      assert.equal(said.code, BELIEVED, said.stderr)
      assert.match(said.stdout, /Somebody at https:\/\/localhost:\d+ offers/)
    } finally {
      await issuer.close()
    }
  })
  await check('mutant: without --insecure-loopback our wallet speaks to no address without TLS', async () => {
    const issuer = await foreignIssuer({ tls: false, signer })
    const wallet = newWallet({ trust: foreignPath('authority.pem') })
    try {
      const said = await wallet.accept(issuer.offer, TX_CODE)
      assert.equal(said.code, UNTRUSTED, said.stdout + said.stderr)
      assert.equal(issuer.seen.tokens, 0)
    } finally {
      await issuer.close()
    }
  })
}
