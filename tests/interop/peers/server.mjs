// A small server on 127.0.0.1: with TLS under the foreign authority, or without.
import { createServer as createPlain } from 'node:http'
import { createServer as createTls } from 'node:https'
import { foreignFile } from './foreign.mjs'

/** Listens on a free port and gives back its address; `handle` gets {method, path, headers, url, body} and returns an answer. */
export async function serve({ tls }, handle) {
  const answer = async (request, response) => {
    const chunks = []
    for await (const chunk of request) chunks.push(chunk)
    let { status = 200, type = 'application/json', headers = {}, body = '' } = await handle({
      method: request.method,
      path: request.url.split('?')[0],
      url: base + request.url,
      headers: new Headers(Object.entries(request.headers)),
      body: Buffer.concat(chunks).toString(),
    }).catch((error) => ({ status: 500, type: 'text/plain', body: String(error?.stack ?? error) }))
    if (status === 500) console.error(body)
    if (typeof body !== 'string') body = JSON.stringify(body)
    response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store', ...headers }).end(body)
  }
  const server = tls ? createTls({ cert: foreignFile('tls.pem'), key: foreignFile('tls.key') }, answer) : createPlain(answer)
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address()
  const base = tls ? `https://localhost:${port}` : `http://127.0.0.1:${port}`
  return { base, close: () => new Promise((resolve) => server.close(resolve).closeAllConnections()) }
}
