import assert from 'node:assert/strict'
import type { LookupAddress } from 'node:dns'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { it, type TestContext } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { createServer as createTlsServer } from 'node:tls'
import { gzipSync } from 'node:zlib'
import type { Lookup } from '../../../runtime/isolate/outbound/egress-connector.ts'
import { OutboundAgents, type OutboundOptions } from '../../../runtime/isolate/outbound/outbound-agents.ts'
import { outboundFetch } from '../../../runtime/isolate/outbound/outbound-fetch.ts'
import type { ByteSource } from '../../../runtime/model/byte-source.ts'
import { SentBody } from '../../pool/body-fixture.ts'

const everything = { allow: null, deny: [] }

interface Upstream {
  readonly origin: string
  readonly port: number
  readonly requests: IncomingMessage[]
  /** Connections ever made. */
  connections: number
  /** Those that are open. */
  open: number
}

async function upstream(
  t: TestContext,
  answer: (request: IncomingMessage, response: ServerResponse) => void = (_, response) => response.end('ok'),
): Promise<Upstream> {
  const server = createServer((request, response) => {
    upstream.requests.push(request)
    answer(request, response)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const upstream: Upstream = {
    origin: `http://127.0.0.1:${port}`,
    port,
    requests: [],
    connections: 0,
    open: 0,
  }
  server.on('connection', (socket) => {
    upstream.connections++
    upstream.open++
    socket.on('close', () => upstream.open--)
  })
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return upstream
}

interface Call {
  readonly allow?: readonly string[]
  readonly deny?: readonly string[]
  readonly functionName?: string
  readonly signal?: AbortSignal
  readonly headers?: readonly (readonly [string, string])[]
  readonly method?: string
  readonly body?: Uint8Array | ByteSource | null
  readonly streamIdleMs?: number
}

function agentsOf(t: TestContext, options: Partial<OutboundOptions> = {}) {
  const agents = new OutboundAgents({ ceiling: everything, ...options })
  t.after(() => agents.close())
  const get = async (url: string, { allow = [], deny = [], functionName = 'test', ...call }: Call = {}) => {
    const { signal = new AbortController().signal, headers = [], method = 'GET', body = null } = call
    const { streamIdleMs = 60_000 } = call
    const json = JSON.stringify({ method, url, headers, redirect: 'follow' })
    const terms = { signal, userAgent: 'isolette/1', timeoutMs: 60_000, streamIdleMs }
    const lease = await agents.lease(functionName, { allow, deny })
    try {
      const { stream, ...head } = await outboundFetch(lease.client, { json, body }, terms)
      return { ...head, text: await new Response(stream).text() }
    } finally {
      lease.release()
    }
  }
  return { agents, get }
}

/** Answers each name with the next of its lists of addresses; the last one stays. */
function lookupOf(names: Readonly<Record<string, string[][]>>): Lookup & { readonly asked: string[] } {
  const asked: string[] = []
  const lookup: Lookup = (host, _options, callback) => {
    asked.push(host)
    const lists = names[host]!
    const addresses = (lists.length > 1 ? lists.shift() : lists[0])!
    const found = addresses.map(
      (address): LookupAddress => ({ address, family: address.includes(':') ? 6 : 4 }),
    )
    process.nextTick(callback, null, found)
  }
  return Object.assign(lookup, { asked })
}

it('refuses addresses that are not public before anything is sent', async (t) => {
  const server = await upstream(t)
  const { get } = agentsOf(t)
  const shapes = ['127.0.0.1', '127.1', '2130706433', '0x7f.0.0.1', '[::ffff:127.0.0.1]', 'localhost', '0']
  for (const host of shapes) {
    const refused = {
      name: 'TypeError',
      message: /^Cannot fetch http:.* is (loopback|unspecified), must be public or /,
    }
    await assert.rejects(get(`http://${host}:${server.port}/`), refused, host)
  }
  await assert.rejects(get('http://10.0.0.5/'), {
    message:
      'Cannot fetch http://10.0.0.5: address 10.0.0.5 is private, must be public or listed in egress.allow',
  })
  await assert.rejects(get('https://[fd00::1]/'), /https:\/\/\[fd00::1\]: address fd00::1 is unique-local/)
  assert.equal(server.connections, 0)
})

it('reaches what is listed', async (t) => {
  const server = await upstream(t)
  const { get } = agentsOf(t)
  const rules = ['127.0.0.0/8', '127.0.0.1', `127.0.0.1:${server.port}`]
  for (const rule of rules) assert.equal((await get(server.origin, { allow: [rule] })).text, 'ok')
  for (const rule of ['localhost', `localhost:${server.port}`]) {
    assert.equal((await get(`http://localhost:${server.port}`, { allow: [rule] })).text, 'ok')
  }
})

it("lifts no more than the server's egress.allow covers", async (t) => {
  const server = await upstream(t)
  const { get } = agentsOf(t, { ceiling: { allow: ['10.0.0.0/8'], deny: [] } })
  await assert.rejects(get(server.origin, { allow: ['127.0.0.1'] }), /the server's egress.allow too$/)
  assert.equal(server.connections, 0)
})

it('applies changed rules to the next request, in spite of open connections', async (t) => {
  const server = await upstream(t)
  const { get } = agentsOf(t)
  assert.equal((await get(server.origin, { allow: ['127.0.0.1'] })).text, 'ok')
  await assert.rejects(get(server.origin), /must be public/)
  await assert.rejects(get(server.origin, { allow: ['127.0.0.1'], deny: ['127.0.0.0/8'] }), /egress.deny/)
})

it('keeps the connections of functions apart', async (t) => {
  const server = await upstream(t)
  const { get } = agentsOf(t)
  await get(server.origin, { functionName: 'a', allow: ['127.0.0.1'] })
  await assert.rejects(get(server.origin, { functionName: 'b' }), /must be public/)
})

it('checks every redirect', async (t) => {
  const inner = await upstream(t)
  const outer = await upstream(t, (_, response) => response.writeHead(302, { location: inner.origin }).end())
  const { get } = agentsOf(t)
  await assert.rejects(get(outer.origin, { allow: [`127.0.0.1:${outer.port}`] }), {
    name: 'TypeError',
    message:
      `Cannot fetch ${outer.origin}: it redirects to ${inner.origin}: ` +
      'address 127.0.0.1 is loopback, must be public or listed in egress.allow',
  })
  assert.equal(inner.connections, 0)
  const followed = await get(outer.origin, { allow: ['127.0.0.1'] })
  assert.deepEqual([followed.text, followed.redirected, followed.url], ['ok', true, `${inner.origin}/`])
})

it('checks the addresses of names, each time they are resolved', async (t) => {
  const server = await upstream(t, (_, response) =>
    response.writeHead(200, { connection: 'close' }).end('ok'),
  )
  const lookup = lookupOf({
    'db.example': [['10.0.0.5']],
    'mixed.example': [['10.0.0.5', '127.0.0.1', '::1']],
    // First the address that passes, then another one: each connection asks again.
    'rebound.example': [['127.0.0.1'], ['169.254.169.254']],
    'none.example': [[]],
  })
  const { get } = agentsOf(t, { lookup })
  const allow = ['127.0.0.1']
  const url = (host: string) => `http://${host}:${server.port}/`
  await assert.rejects(get(url('db.example'), { allow }), /: an address of db.example is private, must be/)
  await assert.rejects(get(url('none.example'), { allow }), /host none.example has no address/)
  assert.equal((await get(url('mixed.example'), { allow })).text, 'ok')
  assert.equal((await get(url('rebound.example'), { allow })).text, 'ok')
  await assert.rejects(get(url('rebound.example'), { allow }), /rebound.example is link-local/)
  assert.deepEqual(
    server.requests.map(({ headers }) => headers.host),
    ['mixed.example', 'rebound.example'].map((host) => `${host}:${server.port}`),
  )
})

it('asks a TLS server for the name, at the address that was checked', async (t) => {
  const names: string[] = []
  const server = createTlsServer({
    SNICallback: (name, callback) => {
      names.push(name)
      callback(new Error('there is no certificate'))
    },
  }).on('tlsClientError', () => {})
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  const { get } = agentsOf(t, { lookup: lookupOf({ 'tls.example': [['127.0.0.1']] }) })
  await assert.rejects(get(`https://tls.example:${port}/`, { allow: ['127.0.0.1'] }), {
    name: 'TypeError',
  })
  assert.deepEqual(names, ['tls.example'])
})

it('asks nobody for the addresses of a denied name', async (t) => {
  const lookup = lookupOf({})
  const { get } = agentsOf(t, { lookup })
  await assert.rejects(
    get('http://secret-as-label.evil.example/', { deny: ['*.evil.example'] }),
    /host secret-as-label.evil.example is listed in egress.deny, must not be$/,
  )
  assert.deepEqual(lookup.asked, [])
})

it('sends on one connection what comes one after the other, and closes it with the function', async (t) => {
  const server = await upstream(t)
  const { agents, get } = agentsOf(t)
  const closed = Promise.withResolvers<void>()
  for (let request = 0; request < 3; request++) {
    // Equal rules, not the same object: each change of the registry brings a new one.
    assert.equal((await get(server.origin, { allow: ['127.0.0.1'] })).text, 'ok')
    if (request === 0) server.requests[0]!.socket.on('close', closed.resolve)
    // Between an answer and what a guest asks for then, lies a turn of the event loop at least.
    await turn()
  }
  assert.equal(server.connections, 1)
  agents.release('test')
  await closed.promise
})

it('keeps only so many connections, however many servers there are', async (t) => {
  const server = await upstream(t, (_, response) =>
    response.writeHead(200, { 'keep-alive': 'timeout=600' }).end('ok'),
  )
  const lookup: Lookup = (_host, _options, callback) =>
    process.nextTick(callback, null, [{ address: '127.0.0.1', family: 4 }])
  const { get } = agentsOf(t, { lookup })
  for (let name = 0; name < 150; name++)
    await get(`http://h${name}.example:${server.port}/`, { allow: ['127.0.0.1'] })
  assert.equal(server.connections, 150)
  while (server.open > 128) await turn()
  assert.equal(server.open, 128)
})

it('lets a function have only so many requests open', async (t) => {
  const { agents } = agentsOf(t)
  const rules = { allow: [], deny: [] }
  const leases = await Promise.all(Array.from({ length: 1024 }, () => agents.lease('greedy', rules)))
  await assert.rejects(agents.lease('greedy', rules), { name: 'TypeError', message: /has 1024 outbound/ })
  const other = await agents.lease('modest', rules)
  leases[7]!.release()
  leases[7] = await agents.lease('greedy', rules)
  for (const lease of [other, ...leases]) lease.release()
})

it('lets functions take turns at finding addresses', async (t) => {
  const asked: string[] = []
  const answers: (() => void)[] = []
  const lookup: Lookup = (host, _options, callback) => {
    asked.push(host)
    answers.push(() => callback(null, []))
  }
  const { get } = agentsOf(t, { lookup })
  const ask = (functionName: string, host: string) =>
    assert.rejects(get(`http://${host}.example/`, { functionName }), /has no address/)
  const all = [ask('greedy', 'a'), ask('greedy', 'b'), ask('greedy', 'c'), ask('modest', 'd')]
  while (asked.length < 2) await turn()
  for (let count = 0; count < 10; count++) await turn()
  assert.deepEqual(asked.toSorted(), ['a.example', 'd.example'])
  while (answers.length > 0) {
    answers.shift()!()
    for (let count = 0; count < 10; count++) await turn()
  }
  await Promise.all(all)
  assert.equal(asked.length, 4)
})

it('finishes what runs when the function goes, redirects included', async (t) => {
  const inner = await upstream(t)
  const outer = await upstream(t, (_, response) => {
    agents.release('test')
    response.writeHead(302, { location: inner.origin }).end()
  })
  const { agents, get } = agentsOf(t)
  assert.equal((await get(outer.origin, { allow: ['127.0.0.1'] })).text, 'ok')
})

it('gives up what is aborted', async (t) => {
  const controller = new AbortController()
  const gone = Promise.withResolvers<void>()
  const server = await upstream(t, (request) => {
    request.socket.on('close', gone.resolve)
    controller.abort()
  })
  const { get } = agentsOf(t)
  await assert.rejects(get(server.origin, { allow: ['127.0.0.1'], signal: controller.signal }), /aborted/)
  await gone.promise
})

it('unpacks what the upstream has compressed', async (t) => {
  const server = await upstream(t, (_, response) =>
    response
      .writeHead(200, { 'content-encoding': 'gzip', 'content-length': gzipSync('packed').length })
      .end(gzipSync('packed')),
  )
  const { get } = agentsOf(t)
  const { text, headers } = await get(server.origin, { allow: ['127.0.0.1'] })
  assert.equal(text, 'packed')
  // Whoever hands the answer on hands on what it says of its body.
  const names = headers.map(([name]) => name)
  assert.deepEqual(
    names.filter((name) => name.startsWith('content-')),
    [],
  )
})

it('sends no headers that belong to a connection, and names itself unless the guest does', async (t) => {
  const server = await upstream(t)
  const { get } = agentsOf(t)
  const headers = [
    ['Host', 'other.example'],
    ['connection', 'upgrade'],
    ['Upgrade', 'x'],
    ['transfer-encoding', 'chunked'],
    ['content-length', '7'],
    ['expect', '100-continue'],
    ['x-own', '1'],
  ] as const
  await get(server.origin, { allow: ['127.0.0.1'], headers })
  const seen = server.requests[0]!.headers
  assert.equal(seen.host, `127.0.0.1:${server.port}`)
  assert.equal(seen.connection, 'keep-alive')
  for (const name of ['upgrade', 'transfer-encoding', 'content-length', 'expect', 'cookie'])
    assert.equal(seen[name], undefined, name)
  assert.equal(seen['x-own'], '1')
  assert.equal(seen['user-agent'], 'isolette/1')
  await get(server.origin, { allow: ['127.0.0.1'], headers: [['User-Agent', 'mine']] })
  assert.equal(server.requests[1]!.headers['user-agent'], 'mine')
})

it('gives up a body that nothing is written to', async (t) => {
  const server = await upstream(t, (request) => request.resume().on('error', () => {}))
  const { get } = agentsOf(t)
  const body = new SentBody()
  body.write('begun')
  const upload = { method: 'POST', body: body.pipe, streamIdleMs: 20, allow: ['127.0.0.1'] }
  await assert.rejects(get(server.origin, upload), {
    name: 'TypeError',
    message: /: its body is incomplete: nothing of it came for limits\.streamIdleMs, 20 ms$/,
  })
  await turn()
  assert.equal(body.isCanceled, true)
})
