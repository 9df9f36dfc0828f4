import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http'
import { after, before, test } from 'node:test'
import { RawConnection } from '../router/http-client.ts'
import { ServerFixture } from './server-fixture.ts'

const MiB = 1024 * 1024

const functions: Readonly<Record<string, string>> = {
  count: `export default {
    async fetch(request) {
      let bytes = 0
      for await (const chunk of request.body) bytes += chunk.byteLength
      return Response.json({ bytes })
    },
  }`,
  echo: `export default { fetch: (request) => new Response(request.body) }`,
  shout: `export default {
    fetch(request) {
      const upper = new TransformStream({
        transform: (chunk, controller) => controller.enqueue(new TextEncoder().encode(new TextDecoder().decode(chunk).toUpperCase())),
      })
      return new Response(request.body.pipeThrough(upper))
    },
  }`,
  // One instance serves all requests: what one sends another hands on.
  events: `
    const queue = []
    let canceled = 0
    let aborted = 0
    const later = () => new Promise((resolve) => setTimeout(resolve, 5))
    export default {
      fetch(request) {
        const { pathname, searchParams } = new URL(request.url)
        if (pathname === '/events/state') return Response.json({ canceled, aborted })
        if (pathname === '/events/send') {
          queue.push(searchParams.get('text'))
          return new Response('sent')
        }
        request.signal.addEventListener('abort', () => { aborted++ })
        const body = new ReadableStream({
          async pull(controller) {
            while (queue.length === 0) await later()
            const text = queue.shift()
            if (text === 'end') controller.close()
            else controller.enqueue(new TextEncoder().encode('data: ' + text + '\\n\\n'))
          },
          cancel() { canceled++ },
        })
        return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
      },
    }`,
  generate: `export default {
    fetch(request) {
      let left = Number(new URL(request.url).searchParams.get('bytes'))
      const chunk = new Uint8Array(65536).fill(120)
      return new Response(new ReadableStream({
        pull(controller) {
          const part = chunk.subarray(0, Math.min(left, chunk.length))
          left -= part.length
          if (part.length > 0) controller.enqueue(part.slice())
          if (left === 0) controller.close()
        },
      }))
    },
  }`,
  broken: `export default {
    fetch() {
      let round = 0
      return new Response(new ReadableStream({
        pull(controller) {
          if (round++ === 0) controller.enqueue(new TextEncoder().encode('first'))
          else controller.error(new Error('no more'))
        },
      }))
    },
  }`,
  slow: `export default {
    fetch() {
      let round = 0
      return new Response(new ReadableStream({
        async pull(controller) {
          await new Promise((resolve) => setTimeout(resolve, 50))
          controller.enqueue(new TextEncoder().encode(String(round)))
          if (round++ === 9) controller.close()
        },
      }))
    },
  }`,
  lambda: `export async function handler(event) {
    return { statusCode: 200, body: event.isBase64Encoded ? atob(event.body) : event.body }
  }`,
}

let server: ServerFixture
before(async () => {
  server = await ServerFixture.start()
  for (const [name, code] of Object.entries(functions)) {
    const options = { limits: { maxRequestBodyBytes: 64 * MiB, cpuMs: 10_000 } }
    await server.deploy(name, {
      'index.js': code,
      'function.jsonc': JSON.stringify({ main: 'index.js', ...options }),
    })
  }
  await server.deploy('small', {
    'index.js': functions.count!,
    'function.jsonc': JSON.stringify({ main: 'index.js', limits: { maxRequestBodyBytes: MiB } }),
  })
})
after(() => server[Symbol.asyncDispose]())

/** A request whose body is the test's to write. */
function open(path: string, options: { method?: string; agent?: Agent } = {}): ClientRequest {
  const { method = 'GET', agent } = options
  return request({ port: server.port, host: '127.0.0.1', path, method, agent: agent ?? false })
}

async function answerTo(call: ClientRequest): Promise<IncomingMessage> {
  const [answer] = (await once(call, 'response')) as [IncomingMessage]
  return answer
}

async function bytesOf(answer: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of answer) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

test('a function reads an upload of 32 MiB bit by bit', async () => {
  const call = open('/count', { method: 'POST' })
  call.end(Buffer.alloc(32 * MiB))
  assert.deepEqual(JSON.parse((await bytesOf(await answerTo(call))).toString()), { bytes: 32 * MiB })
})

for (const name of ['echo', 'shout']) {
  test(`${name} gives an upload back while it comes`, async () => {
    const call = open(`/${name}`, { method: 'POST' })
    call.write('one,')
    const answer = await answerTo(call)
    const chunks = answer.iterator() as AsyncIterableIterator<Buffer>
    const expected = (text: string) => (name === 'shout' ? text.toUpperCase() : text)
    assert.equal((await chunks.next()).value.toString(), expected('one,'))
    call.write('two')
    assert.equal((await chunks.next()).value.toString(), expected('two'))
    call.end()
    assert.equal((await chunks.next()).done, true)
  })
}

test('16 MiB pass through unharmed', async () => {
  const body = randomBytes(16 * MiB)
  const call = open('/echo', { method: 'POST' })
  call.end(body)
  assert.equal(hashOf(await bytesOf(await answerTo(call))), hashOf(body))
})

test('events arrive while the function makes more of them', async () => {
  const call = open('/events')
  call.end()
  await server.text('/events/send?text=1')
  const answer = await answerTo(call)
  assert.equal(answer.headers['content-type'], 'text/event-stream')
  const chunks = answer.iterator() as AsyncIterableIterator<Buffer>
  assert.equal((await chunks.next()).value.toString(), 'data: 1\n\n')
  await server.text('/events/send?text=2')
  assert.equal((await chunks.next()).value.toString(), 'data: 2\n\n')
  await server.text('/events/send?text=end')
  assert.equal((await chunks.next()).done, true)
})

test('a client that leaves aborts request.signal and cancels the body', async () => {
  const call = open('/events')
  call.end()
  await server.text('/events/send?text=1')
  const answer = await answerTo(call)
  answer.destroy()
  let state = ''
  while (state !== '{"canceled":1,"aborted":1}') state = await server.text('/events/state')
})

test('a body in chunks over the limit gets 413 in its midst', async () => {
  const connection = new RawConnection(server.port)
  connection.write('POST /small HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n')
  const chunk = `${(64 * 1024).toString(16)}\r\n${'x'.repeat(64 * 1024)}\r\n`
  for (let index = 0; index < 17; index++) connection.write(chunk)
  assert.match(await connection.ended(), /^HTTP\/1.1 413 /)
})

test('a connection goes on after bodies that streamed both ways', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  try {
    let socket: unknown
    for (let round = 0; round < 5; round++) {
      const call = open('/echo', { method: 'POST', agent })
      call.write('x'.repeat(100_000))
      call.end('y')
      const answer = await answerTo(call)
      socket ??= answer.socket
      assert.equal(answer.socket, socket)
      assert.equal((await bytesOf(answer)).length, 100_001)
    }
  } finally {
    agent.destroy()
  }
})

test('HEAD gets no body, and ends the stream that nobody reads', async () => {
  const call = open('/generate?bytes=1000000000', { method: 'HEAD' })
  call.end()
  const answer = await answerTo(call)
  assert.equal(answer.statusCode, 200)
  assert.equal((await bytesOf(answer)).length, 0)
})

test('an event function gets a body in chunks whole', async () => {
  const call = open('/lambda', { method: 'POST' })
  call.setHeader('content-type', 'text/plain')
  call.write('one,')
  call.write('x'.repeat(100_000))
  call.end(',two')
  const text = (await bytesOf(await answerTo(call))).toString()
  assert.equal(text, `one,${'x'.repeat(100_000)},two`)
})

test('a body that fails in its midst is seen to be incomplete', async () => {
  const call = open('/broken')
  call.end()
  const answer = await answerTo(call)
  await assert.rejects(bytesOf(answer), { code: 'ECONNRESET' })
})

test('invoke collects what a function streams, up to what a result may hold', async () => {
  const invoke = async (bytes: number) => {
    const event = { path: `/generate?bytes=${bytes}` }
    const { body } = await server.admin('POST', '/v1/functions/generate/invocations', { event })
    return body
  }
  const small = await invoke(100_000)
  assert.equal(small.outcome, 'ok', JSON.stringify(small).slice(0, 300))
  assert.deepEqual(Buffer.from(JSON.parse(small.result).body, 'base64'), Buffer.alloc(100_000, 'x'))
  const large = await invoke(8 * MiB)
  assert.equal(large.outcome, 'exception')
  assert.match(large.error.message, /Cannot return the result: [0-9]+ bytes of JSON, must be at most 6291456/)
})

test('a stream that ends in time is complete when the server stops', async () => {
  await using draining = await ServerFixture.start()
  await draining.deploy('slow', { 'index.js': functions.slow!, 'function.jsonc': '{ "main": "index.js" }' })
  const call = request({ port: draining.port, host: '127.0.0.1', path: '/slow', agent: false })
  call.end()
  const answer = await answerTo(call)
  const [text, code] = await Promise.all([bytesOf(answer), draining.stop()])
  assert.equal(text.toString(), '0123456789')
  assert.equal(code, 0)
})
