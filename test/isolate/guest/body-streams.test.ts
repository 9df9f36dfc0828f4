import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bodyKind, op } from '../../../runtime/isolate/abi.ts'
import { evaluate, Guest, thrown } from './harness.ts'

const chunks = ['{"a":', '"é', '"}']
const post = { method: 'POST', chunks }

describe('A request whose body comes bit by bit', () => {
  for (const [read, seen] of [
    ['request.text()', '{"a":"é"}'],
    ['request.json()', { a: 'é' }],
    ['request.arrayBuffer().then((buffer) => buffer.byteLength)', 10],
    ['request.bytes().then((bytes) => bytes.length)', 10],
    ['request.blob().then((blob) => blob.size)', 10],
    ['request.clone().text()', '{"a":"é"}'],
    ['new Request(request).text()', '{"a":"é"}'],
    ['(request.body, request.text())', '{"a":"é"}'],
  ] as const) {
    it(`is read whole by ${read}`, () => {
      assert.deepEqual(evaluate(`return [await ${read}, request.bodyUsed]`, post), [
        seen,
        !read.includes('clone'),
      ])
    })
  }

  it('is read whole in one crossing, and decoded by the host', () => {
    using guest = new Guest(`exports.default = { fetch: async (request) => Response.json([
      await request.clone().json().then(() => 1), request.body !== null && await request.json()]) }`)
    using plain = new Guest(
      `exports.default = { fetch: async (request) => Response.json(await request.json()) }`,
    )
    assert.deepEqual(plain.callJson(post), { a: 'é' })
    assert.deepEqual([plain.calls.get(op.collectStream), plain.calls.get(op.pullChunk)], [1, undefined])
    assert.deepEqual(guest.callJson(post), [1, { a: 'é' }])
  })

  it('is read as form data', () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const form = { method: 'POST', headers, chunks: ['a=1', '&b=', '2'] }
    assert.deepEqual(evaluate('return [...await request.formData()]', form), [
      ['a', '1'],
      ['b', '2'],
    ])
  })

  it('is read chunk by chunk through its body', () => {
    const read = `const read = []
      for await (const chunk of request.body) read.push(new TextDecoder().decode(chunk))
      return [read, request.bodyUsed]`
    assert.deepEqual(evaluate(read, post), [chunks, true])
  })

  it('is read into a buffer of the reader', () => {
    const read = `const reader = request.body.getReader({ mode: 'byob' })
      const { value } = await reader.read(new Uint8Array(3))
      return new TextDecoder().decode(value)`
    assert.equal(evaluate(read, post), '{"a')
  })

  it('is given up at the host when its stream is cancelled', () => {
    using guest = new Guest(
      `exports.default = { async fetch(request) { await request.body.cancel(); return new Response() } }`,
    )
    guest.call(post)
    assert.equal(guest.canceledStreams.length, 1)
  })

  it('is left with the host until it is read', () => {
    using guest = new Guest(`exports.default = { fetch: (request) => new Response(typeof request.body) }`)
    assert.equal(guest.call(post).body, 'object')
    assert.deepEqual(
      [guest.calls.get(op.pullChunk), guest.calls.get(op.collectStream)],
      [undefined, undefined],
    )
  })

  it('is handed on by the host when it is answered untouched', () => {
    for (const code of ['request.body', 'new Response(request.body).body', 'new Request(request).body']) {
      using guest = new Guest(`exports.default = { fetch: (request) => new Response(${code}) }`)
      const answer = guest.call(post)
      assert.deepEqual([answer.bodyKind, answer.body], [bodyKind.stream, chunks.join('')], code)
      assert.equal(guest.calls.get(op.pullChunk), undefined)
    }
  })

  it('counts as read once it was handed on', () => {
    using guest = new Guest(`let kept
      exports.default = { async fetch(request) {
        if (kept !== undefined) return Response.json([kept.bodyUsed, await kept.text().catch((error) => error.name)])
        kept = request
        return new Response(request.body)
      } }`)
    guest.call(post)
    assert.deepEqual(guest.callJson(), [true, 'TypeError'])
  })

  it('is awaited whole for an event function', () => {
    using guest = new Guest(`exports.handler = async (event) => event.body`)
    const headers = { 'content-type': 'application/json' }
    assert.equal(guest.call({ ...post, headers }).body, '"{\\"a\\":\\"é\\"}"')
    assert.equal(guest.call(post).body, '"eyJhIjoiw6kifQ=="')
  })
})

describe('A response that is a stream', () => {
  const streaming = `globalThis.encoder = new TextEncoder()
    exports.default = { fetch: () => new Response(new ReadableStream({
      start(controller) { this.controller = controller; globalThis.controller = controller },
      pull() { console.log('pull') },
      cancel(reason) { console.log('cancelled', reason?.name) },
    }, { highWaterMark: 0 })) }`

  it('is written as it is made, its head first', () => {
    using guest = new Guest(streaming)
    const id = guest.add()
    guest.run()
    const { bodyKind: kind, bytes } = guest.answerOf(id)
    assert.deepEqual([kind, bytes.length], [bodyKind.sink, 0])
    guest.eval(`controller.enqueue(encoder.encode('one'))`)
    guest.runTimers()
    guest.wake()
    guest.run()
    assert.equal(guest.answerOf(id).body, 'one')
    assert.equal(guest.doneCount(id), 0)
    guest.eval(`controller.close()`)
    guest.wake()
    guest.run()
    assert.equal([...guest.sinks.values()][0]!.ended, '')
    assert.equal(guest.doneCount(id), 1)
  })

  it('is not read on before there is room', () => {
    using guest = new Guest(streaming)
    guest.add()
    guest.run()
    const [sink] = [...guest.sinks.values()]
    sink!.room = false
    guest.eval(`controller.enqueue(encoder.encode('one'))`)
    guest.wake()
    guest.run()
    const pulls = guest.logs.length
    assert.equal(guest.waiting.length, 1)
    guest.resolveOp(guest.waiting[0]!.opId, '')
    guest.run()
    assert.equal(guest.logs.length, pulls + 1)
  })

  for (const [name, stop] of [
    ['when a chunk is refused', (guest: Guest) => ([...guest.sinks.values()][0]!.room = null)],
    ['when there is no more room', (guest: Guest) => ([...guest.sinks.values()][0]!.room = false)],
  ] as const) {
    it(`is cancelled ${name}`, () => {
      using guest = new Guest(streaming)
      const id = guest.add()
      guest.run()
      stop(guest)
      guest.eval(`controller.enqueue(encoder.encode('one'))`)
      guest.wake()
      guest.run()
      for (const { opId } of guest.waiting) guest.rejectOp(opId, 'nobody reads it')
      guest.run()
      assert.ok(guest.logs.some(({ text }) => text.startsWith('cancelled')))
      assert.equal(guest.doneCount(id), 1)
    })
  }

  it('tells how it failed after its head was sent', () => {
    using guest = new Guest(streaming)
    const id = guest.add()
    guest.run()
    guest.eval(`controller.error(new RangeError('dry'))`)
    guest.wake()
    guest.run()
    const failure = guest.results.find(({ kind }) => kind === 'error')
    assert.equal(failure?.kind === 'error' && failure.error.name, 'RangeError')
    assert.equal(guest.doneCount(id), 1)
  })

  it('is cancelled when it comes too late', () => {
    using guest = new Guest(`exports.default = { async fetch(request) {
      await new Promise((resolve) => setTimeout(resolve, 5))
      return new Response(request.body ?? new ReadableStream({ cancel() { console.log('cancelled') } }))
    } }`)
    const ids = [guest.add(), guest.add({ method: 'POST', chunks: ['a'] })]
    guest.run()
    for (const id of ids) guest.abort(id, 'TimeoutError')
    guest.run()
    guest.runTimers()
    assert.deepEqual(
      guest.logs.map(({ text }) => text),
      ['cancelled'],
    )
    assert.equal(guest.canceledStreams.length, 1)
    assert.equal(guest.sinks.size, 0)
  })

  it('fails over a chunk that is not bytes', () => {
    using guest = new Guest(
      `exports.default = { fetch: () => new Response(new ReadableStream({ start(c) { c.enqueue('text') } })) }`,
    )
    guest.add()
    guest.run()
    const failure = guest.results.find(({ kind }) => kind === 'error')
    assert.equal(
      failure?.kind === 'error' && failure.error.message,
      'Cannot read the body: a chunk of its stream is string, must be a Uint8Array',
    )
  })

  it('takes chunks whatever their buffers are', () => {
    using guest = new Guest(`exports.default = { fetch: () => new Response(new ReadableStream({ start(c) {
      c.enqueue(new Uint8Array([97, 98, 99]).subarray(1, 2))
      const shared = new Uint8Array(new SharedArrayBuffer(1)); shared[0] = 99; c.enqueue(shared)
      const resizable = new Uint8Array(new ArrayBuffer(1, { maxByteLength: 8 })); resizable[0] = 100; c.enqueue(resizable)
      c.close()
    } })) }`)
    assert.equal(guest.call().body, 'bcd')
  })

  it('fails over a chunk whose buffer is detached, whenever it comes', () => {
    const detached = 'const chunk = new Uint8Array(4); chunk.buffer.transfer(); controller.enqueue(chunk)'
    using early = new Guest(
      `exports.default = { fetch: () => new Response(new ReadableStream({ start(controller) { ${detached} } })) }`,
    )
    using late = new Guest(streaming)
    for (const guest of [early, late]) {
      const id = guest.add()
      guest.run()
      if (guest === late) guest.eval(`{ ${detached} }`)
      guest.wake()
      guest.run()
      assert.equal(guest.results.find(({ kind }) => kind === 'error')?.requestId, id)
      assert.equal(guest.doneCount(id), 1)
    }
  })
})

describe('A stream as the body of a request', () => {
  it('needs duplex to be half', () => {
    const make = (rest: string) =>
      `new Request('http://a/', { method: 'POST', body: new ReadableStream()${rest} })`
    assert.match(String(thrown(make(''))), /^TypeError: .*duplex is left out, must be "half"/)
    assert.match(String(thrown(make(`, duplex: 'full'`))), /^TypeError: .*duplex "full", must be half/)
    assert.equal(evaluate(`return ${make(`, duplex: 'half'`)}.body.locked`), false)
  })
})
